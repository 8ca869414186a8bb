//! What the values have to be that a part takes of the request: known here, so that a request is refused before anything is asked.

use super::super::composition::{Binding, Parameter, Source};
use super::super::contract::OperationParameter;
use super::super::file::Match;
use super::super::read::At;
use super::super::{Bounds, Hold, PathPiece};
use super::call::Called;

/// The values that a call takes of the path, the query and the header fields of a request.
pub(super) fn of(called: &Called<'_>, path: &[PathPiece], bindings: &[Binding], matches: &At<Match>) -> Vec<Hold> {
    let names: Vec<&str> = matches.value.pattern.names().collect();
    let public = |source: &Source| match source {
        Source::Path(index) => names.get(*index).map(|name| (*name).to_owned()),
        Source::Query(name) => Some(name.clone()),
        Source::Header(name) => Some(name.to_string()),
        Source::Body(_) | Source::Claim(_) | Source::Part(..) | Source::Text(_) => None,
    };
    let hold = |parameter: &OperationParameter, source: &Source| {
        let bounds = Bounds::of(&called.service.contract, parameter)?;
        Some(Hold { source: source.clone(), name: public(source)?, bounds })
    };
    let pieces = path.iter().filter(|piece| !matches!(piece, PathPiece::Literal(_)));
    let in_path = pieces.zip(&called.operation.path_parameters).filter_map(|(piece, parameter)| match piece {
        PathPiece::Parameter(index) => hold(parameter, &Source::Path(*index)),
        PathPiece::Bound(index) => hold(parameter, &bindings.get(*index)?.source),
        PathPiece::Literal(_) => None,
    });
    let others = bindings.iter().filter_map(|binding| {
        let name = match &binding.parameter {
            Parameter::Query { name, .. } => name.as_str(),
            Parameter::Header(name) => name.as_str(),
            Parameter::Path(_) => return None,
        };
        hold(called.operation.parameter(name)?, &binding.source)
    });
    in_path.chain(others).collect()
}
