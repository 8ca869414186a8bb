//! What a part takes of another one: it is there, and it is what the parameter takes.

use super::super::PathPiece;
use super::super::composition::{Binding, Parameter, Part, Place, Source};
use super::super::read::Entries;
use super::super::schema::{Found, Kinds, Schema};
use super::composition::Site;
use super::parts::schema_of;
use super::programs;
use transform::{Form, Path};

/// Whether every value that the part takes of others can be had; what is wrong has been reported.
pub(super) fn check(site: &Site<'_>, bind: &Entries, part: &Part, all: &[Part]) -> bool {
    let mistakes = site.mistakes;
    let before = mistakes.count();
    for (binding, (_, text)) in part.bindings.iter().zip(bind) {
        let Source::Part(from, program) = &binding.source else { continue };
        if let Place::Joined(_) = all[*from].place {
            let sentence = format!(
                "`{}` is joined: it has an item for each key, and no answer to take this from.",
                all[*from].name
            );
            mistakes.blame(&text.mark, sentence);
            continue;
        }
        let Some(schema) = schema_of(site, all, *from) else { continue };
        let rest = text.value.splitn(3, ':').nth(2).unwrap_or_default();
        let inner = programs::ending(text, rest);
        let missing = mistakes.count();
        let of = format!("the answer of `{}`", all[*from].name);
        programs::reads(&inner, program, &|path: &Path| schema.at(path), &of, mistakes);
        if mistakes.count() > missing {
            continue;
        }
        let kinds = match program.form() {
            Some(Form::Path(path)) if let Found::Known(found) = schema.at(path) => found.kinds().without(Kinds::NULL),
            Some(Form::Map(..)) => Kinds::ARRAY,
            _ => continue,
        };
        let Some(takes) = takes(site, part, binding) else { continue };
        if !fits(kinds, takes) {
            mistakes.blame(&inner.mark, format!("This is {kinds}, but the parameter takes {takes}."));
        }
    }
    mistakes.count() == before
}

/// Every value that is no list and no object can be written as a text.
fn fits(kinds: Kinds, takes: Kinds) -> bool {
    let written = takes.has(Kinds::STRING) && kinds.meets(Kinds::SCALAR);
    written || kinds.without(Kinds::OBJECT).meets(takes)
}

/// What kinds of values a parameter takes; a list takes its items, too.
fn takes(site: &Site<'_>, part: &Part, binding: &Binding) -> Option<Kinds> {
    let contract = site.services.contract(part.service)?;
    let operation = contract.operation(&part.operation)?;
    let name = match &binding.parameter {
        Parameter::Query { name, .. } => name.as_str(),
        Parameter::Header(_) => return Some(Kinds::STRING),
        Parameter::Path(at) => {
            let before = part.path.get(..*at)?;
            let number = before.iter().filter(|piece| !matches!(piece, PathPiece::Literal(_))).count();
            operation.path_parameters.get(number)?.name.as_str()
        }
    };
    let schema = Schema::new(contract, &operation.parameter(name)?.schema);
    let kinds = schema.kinds();
    Some(match schema.items() {
        Found::Known(items) if kinds.has(Kinds::ARRAY) => kinds.with(items.kinds()),
        _ => kinds,
    })
}
