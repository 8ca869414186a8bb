//! One call of a route: an operation that exists, and a value for every parameter that it needs.

use super::super::composition::{Binding, Parameter};
use super::super::contract::{Operation, OperationParameter};
use super::super::file::{Match, OperationName};
use super::super::read::{At, Collector, Entries, Mark, nearest, one_of};
use super::super::schema::{Kinds, Schema};
use super::super::{Access, PathPiece, Service, ServiceId};
use super::services::{Named, Services};
use super::values;
use crate::routes::{Pattern, Segment};

/// An operation that a route or a part names.
#[derive(Clone, Copy)]
pub(super) struct Called<'s> {
    pub(super) id: ServiceId,
    pub(super) service: &'s Service,
    pub(super) operation: &'s Operation,
}

impl<'s> Called<'s> {
    /// `users.show_user`
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.service.name, self.operation.id)
    }
}

/// Which operations a name may stand for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// What a client may call.
    Public,
    /// Also what only the gateway may call.
    Internal,
}

/// The operation of that name.
pub(super) fn operation<'s>(
    to: &At<OperationName>,
    services: &'s Services,
    reach: Reach,
    mistakes: &Collector,
) -> Option<Called<'s>> {
    let OperationName { service: service_name, operation: name } = &to.value;
    let (id, service) = match services.named(service_name) {
        Named::Known(id, service) => (id, service),
        Named::Broken => return None,
        Named::Unknown => {
            mistakes.blame(&to.mark, services.unknown(service_name));
            return None;
        }
    };
    let Some(operation) = service.contract.operation(name) else {
        let reachable = |one: &&Operation| reach == Reach::Internal || !one.internal;
        let names: Vec<&str> = service.contract.operations().filter(reachable).map(|one| one.id.as_str()).collect();
        let hint = one_of(name, &names);
        mistakes.blame(&to.mark, format!("The contract of `{service_name}` has no operation `{name}`{hint}"));
        return None;
    };
    if operation.internal && reach == Reach::Public {
        let sentence = format!(
            "`{service_name}.{name}` is internal (`x-internal` in its contract): only parts and the routes in `routes/compat/` may name it."
        );
        mistakes.blame(&to.mark, sentence);
        return None;
    }
    Some(Called { id, service, operation })
}

/// What a call may take values from.
pub(super) struct Offered<'a> {
    /// What the route matches.
    pub(super) matches: &'a At<Match>,
    pub(super) access: Option<&'a Access>,
    /// The names of the parts; the main one's is first, if there is one.
    pub(super) parts: &'a [String],
    /// Whether the call is the main one, which the client's query and body go to.
    pub(super) main: bool,
}

/// A call's path and parameters.
pub(super) struct Bound {
    pub(super) path: Vec<PathPiece>,
    pub(super) bindings: Vec<Binding>,
}

/// Binds the parameters of a call: by `bind`, by `query`, and the path's own by their names. `join` is a parameter that a
/// join fills. What is wrong has been reported, and is none.
pub(super) fn bind(
    called: &Called<'_>,
    bind: &Entries,
    query: &Entries,
    join: Option<&str>,
    offered: &Offered<'_>,
    blamed: &Mark,
    mistakes: &Collector,
) -> Option<Bound> {
    let mut bound = Vec::new();
    let mut whole = true;
    let entries = bind.iter().map(|entry| (entry, false)).chain(query.iter().map(|entry| (entry, true)));
    for ((name, text), is_fixed) in entries {
        // Without its right name nobody knows whether something else is missing.
        let Some(parameter) = known(called, name, is_fixed, mistakes) else {
            whole = false;
            continue;
        };
        let is_taken = bound.iter().any(|(known, ..): &(&OperationParameter, _, _)| known.name == parameter.name);
        if is_taken || join == Some(parameter.name.as_str()) {
            mistakes.blame(&name.mark, format!("`{}` has a value already.", parameter.name));
            return None;
        }
        let source = if is_fixed {
            values::fixed(called, parameter, text, mistakes)
        } else {
            values::source(text, offered, mistakes)
        };
        bound.push((parameter, text, source));
    }
    if !whole {
        return None;
    }
    let given: Vec<(&str, &Mark)> = bound.iter().map(|(known, text, _)| (known.name.as_str(), &text.mark)).collect();
    let path = path(called, &given, offered, blamed, mistakes);
    let needed = needed(called, &given, join, offered, blamed, mistakes);
    let (path, places) = path.filter(|_| needed)?;
    let mut bindings = Vec::new();
    for (index, (parameter, _, source)) in bound.into_iter().enumerate() {
        let goes_to = match parameter.place {
            "path" => Parameter::Path(places.iter().find(|(binding, _)| *binding == index)?.1),
            "query" => Parameter::Query { name: parameter.name.clone(), repeated: parameter.repeated },
            _ => Parameter::Header(parameter.name.parse().ok()?),
        };
        bindings.push(Binding { parameter: goes_to, required: parameter.required, source: source? });
    }
    Some(Bound { path, bindings })
}

fn known<'s>(
    called: &Called<'s>,
    name: &At<String>,
    in_query: bool,
    mistakes: &Collector,
) -> Option<&'s OperationParameter> {
    let operation = called.operation;
    let all =
        || operation.path_parameters.iter().chain(&operation.query_parameters).chain(&operation.header_parameters);
    let offered = || all().filter(|parameter| !in_query || parameter.place == "query");
    let found = offered().find(|parameter| parameter.name == name.value);
    let found =
        found.or_else(|| offered().find(|one| one.place == "header" && one.name.eq_ignore_ascii_case(&name.value)));
    if found.is_none() {
        let names: Vec<&str> = offered().map(|parameter| parameter.name.as_str()).collect();
        let kind = if in_query { "query parameter" } else { "parameter" };
        let hint = one_of(&name.value, &names);
        mistakes.blame(&name.mark, format!("`{}` is no {kind} of `{}`{hint}", name.value, called.name()));
    }
    let is_field = |one: &&OperationParameter| one.name.parse().is_ok_and(|name| values::is_readable(&name));
    if let Some(field) = found.filter(|one| one.place == "header" && !is_field(one)) {
        mistakes.blame(&name.mark, format!("No value can be given to the header field `{}`.", field.name));
        return None;
    }
    found
}

/// A path in pieces, and the bindings in it, each with the number of its piece.
type Target = (Vec<PathPiece>, Vec<(usize, usize)>);

/// The path to call, in pieces, and which binding is at which of them. Its parameters come from `bind`, or from the route's own
/// of that name.
fn path(
    called: &Called<'_>,
    bound: &[(&str, &Mark)],
    offered: &Offered<'_>,
    blamed: &Mark,
    mistakes: &Collector,
) -> Option<Target> {
    let own: Vec<&str> = offered.matches.value.pattern.names().collect();
    let (mut pieces, mut places) = (Vec::new(), Vec::new());
    let mut literal = String::new();
    let mut whole = true;
    for segment in Pattern::parse(&called.operation.path).ok()?.segments() {
        literal.push('/');
        let name = match segment {
            Segment::Literal(text) => {
                literal.push_str(text);
                continue;
            }
            Segment::Parameter(name) => name,
        };
        pieces.push(PathPiece::Literal(std::mem::take(&mut literal)));
        let by_binding = bound.iter().position(|(known, _)| known == name);
        let mark = by_binding.map_or(&offered.matches.mark, |index| bound[index].1);
        match (by_binding, own.iter().position(|known| known == name)) {
            (Some(index), _) => {
                places.push((index, pieces.len()));
                pieces.push(PathPiece::Bound(index));
            }
            (None, Some(index)) => pieces.push(PathPiece::Parameter(index)),
            (None, None) => {
                whole = false;
                mistakes.blame(blamed, unbound(called, name, &own));
                continue;
            }
        }
        let parameter = called.operation.path_parameters.iter().find(|one| one.name == *name);
        if let Some(kind) = parameter.and_then(|one| unbindable(called, one, false)) {
            whole = false;
            let sentence =
                format!("`{{{name}}}` is {kind} in `{}`; one path segment cannot carry that.", called.name());
            mistakes.blame(mark, sentence);
        }
    }
    if !literal.is_empty() || pieces.is_empty() {
        pieces.push(PathPiece::Literal(if literal.is_empty() { "/".to_owned() } else { literal }));
    }
    whole.then_some((pieces, places))
}

fn unbound(called: &Called<'_>, name: &str, own: &[&str]) -> String {
    let near = match (nearest(name, own), own) {
        (Some(near), _) => format!("path:{near}"),
        (None, []) => format!("query:{name}"),
        (None, _) => "path:NAME".to_owned(),
    };
    format!("`{}` needs the path parameter `{{{name}}}`; bind it, like `bind.{name} = \"{near}\"`.", called.name())
}

/// What a parameter is, if no text can be that.
pub(super) fn unbindable(called: &Called<'_>, parameter: &OperationParameter, lists: bool) -> Option<&'static str> {
    let kinds = Schema::new(&called.service.contract, &parameter.schema).kinds();
    if kinds.meets(Kinds::SCALAR) || (lists && kinds.has(Kinds::ARRAY)) {
        return None;
    }
    Some(if kinds.has(Kinds::ARRAY) {
        "a list"
    } else if kinds.has(Kinds::OBJECT) {
        "an object"
    } else {
        "null"
    })
}

/// Every query parameter and header field that the operation needs has a value, or the client can send it.
fn needed(
    called: &Called<'_>,
    bound: &[(&str, &Mark)],
    join: Option<&str>,
    offered: &Offered<'_>,
    blamed: &Mark,
    mistakes: &Collector,
) -> bool {
    let operation = called.operation;
    let is_bound = |name: &str| bound.iter().any(|(known, _)| *known == name) || join == Some(name);
    let all = operation.query_parameters.iter().chain(&operation.header_parameters);
    let mut whole = true;
    for parameter in all.filter(|one| one.required && !is_bound(&one.name)) {
        let (name, place) = (&parameter.name, parameter.place);
        let sentence = match unbindable(called, parameter, true) {
            _ if !offered.main => format!(
                "`{}` needs the {place} parameter `{name}`; bind it, like `bind.{name} = \"{place}:{name}\"`.",
                called.name()
            ),
            Some(kind) => format!(
                "The required {place} parameter `{name}` of `{}` is {kind}; a client cannot send that by name.",
                called.name()
            ),
            None => continue,
        };
        whole = false;
        mistakes.blame(blamed, sentence);
    }
    whole
}
