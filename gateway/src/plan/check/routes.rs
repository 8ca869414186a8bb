//! One route or proxy at a time: the operation exists, may be public, and gets what it needs.

use http::Method;

use super::super::contract::{Contract, Operation, OperationParameter};
use super::super::file::{Match, OperationName, ProxyDraft, RouteDraft};
use super::super::read::{At, Collector, nearest, one_of};
use super::super::{Access, PathPiece, Route, Service, ServiceId, ServiceKind, Settings, Target, TokenRule};
use super::Checked;
use super::services::{Named, Services};
use crate::routes::{Pattern, Segment};

/// Checks a route; what is none has been reported.
pub(super) fn check(
    draft: &RouteDraft,
    services: &Services,
    settings: &Settings,
    mistakes: &Collector,
) -> Option<Checked> {
    let found = draft.to.as_ref().and_then(|to| operation(to, services, mistakes));
    if let (Some(matches), Some((_, service, operation))) = (&draft.matches, &found) {
        method(matches, service, operation, mistakes);
        parameters(matches, service, operation, mistakes);
    }
    consistent(draft, mistakes);
    let (matches, (service, at, operation), access) = (draft.matches.as_ref()?, found?, draft.access.as_ref()?);
    let path = pieces(&operation.path, &matches.value.pattern)?;
    let default_limit =
        if operation.takes_upload() { settings.limits.upload_bytes } else { settings.limits.body_bytes };
    let route = Route {
        method: Some(matches.value.method.clone()),
        template: matches.value.template.clone(),
        access: access.value.clone(),
        token: value_of(&draft.token, TokenRule::Check),
        target: Target::Operation { service, operation: operation.id.clone(), path },
        timeout: value_of(&draft.timeout, settings.deadline.min(at.timeout)),
        body_limit: value_of(&draft.body_limit, default_limit),
        deprecated: draft.deprecated.as_ref().map(|at| at.value.clone()),
        assert_roles: draft.assert_roles.iter().map(|role| role.value.clone()).collect(),
        profiles: draft.profiles.iter().map(|profile| profile.value.clone()).collect(),
        websocket: value_of(&draft.websocket, false),
        origin: draft.mark.source_span(),
    };
    let pattern = Some(matches.value.pattern.clone());
    Some(Checked { route, pattern, mark: matches.mark.clone(), successor: draft.deprecated.clone() })
}

/// Checks a proxy, and makes its origin a service without a contract.
pub(super) fn check_proxy(
    draft: &ProxyDraft,
    services: &mut Services,
    settings: &Settings,
    mistakes: &Collector,
) -> Option<Checked> {
    let (prefix, url, access) = (draft.prefix.as_ref()?, draft.url.as_ref()?, draft.access.as_ref()?);
    let name = match prefix.value.trim_matches('/') {
        "" => "origin".to_owned(),
        inner => inner.replace('/', "-"),
    };
    if !matches!(services.named(&name), Named::Unknown) {
        mistakes
            .blame(&prefix.mark, format!("The origin of this prefix would be called `{name}`, as another service is."));
        return None;
    }
    let timeout = value_of(&draft.timeout, settings.deadline);
    let kind = ServiceKind::Origin;
    let service = Service { name, kind, urls: vec![url.value.clone()], timeout, contract: Contract::default() };
    let target = Target::Proxy {
        service: services.add(service)?,
        prefix: prefix.value.clone(),
        strip_prefix: draft.strip_prefix,
    };
    let route = Route {
        method: None,
        template: prefix.value.clone(),
        access: access.value.clone(),
        token: TokenRule::Check,
        target,
        timeout,
        body_limit: value_of(&draft.body_limit, settings.limits.upload_bytes),
        deprecated: None,
        assert_roles: Vec::new(),
        profiles: draft.profiles.iter().map(|profile| profile.value.clone()).collect(),
        websocket: value_of(&draft.websocket, false),
        origin: draft.mark.source_span(),
    };
    Some(Checked { route, pattern: None, mark: prefix.mark.clone(), successor: None })
}

fn value_of<T: Clone>(given: &Option<At<T>>, default: T) -> T {
    given.as_ref().map_or(default, |at| at.value.clone())
}

/// The operation that `to` names, if it may be public.
fn operation<'s>(
    to: &At<OperationName>,
    services: &'s Services,
    mistakes: &Collector,
) -> Option<(ServiceId, &'s Service, &'s Operation)> {
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
        let public: Vec<&str> =
            service.contract.operations().filter(|one| !one.internal).map(|one| one.id.as_str()).collect();
        let hint = one_of(name, &public);
        mistakes.blame(&to.mark, format!("The contract of `{service_name}` has no operation `{name}`{hint}"));
        return None;
    };
    if operation.internal {
        let sentence =
            format!("`{service_name}.{name}` is internal (`x-internal` in its contract): no public route may name it.");
        mistakes.blame(&to.mark, sentence);
        return None;
    }
    Some((id, service, operation))
}

/// A request goes on with its own method, so the two must agree.
fn method(matches: &At<Match>, service: &Service, operation: &Operation, mistakes: &Collector) {
    let Match { method, .. } = &matches.value;
    if *method == operation.method {
        return;
    }
    let (name, id, path) = (&service.name, &operation.id, &operation.path);
    let same = |other: &&Operation| other.path == *path && other.method == *method && !other.internal;
    let hint = service.contract.operations().find(same);
    let hint = hint.map_or_else(String::new, |other| format!("; did you mean `to = \"{name}.{}\"`?", other.id));
    let end = if hint.is_empty() { "." } else { "" };
    mistakes.blame(
        &matches.mark,
        format!("The method is {method}, but `{name}.{id}` is {} {path}{hint}{end}", operation.method),
    );
}

/// Every path parameter of the operation comes from one of that name, and every one of the route goes somewhere.
fn parameters(matches: &At<Match>, service: &Service, operation: &Operation, mistakes: &Collector) {
    let (name, id) = (&service.name, &operation.id);
    let mut needed: Vec<&str> = operation.path_parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    let given: Vec<&str> = matches.value.pattern.names().collect();
    for unknown in given.iter().filter(|given| !needed.contains(given)).copied().collect::<Vec<_>>() {
        let free: Vec<&str> = needed.iter().copied().filter(|needed| !given.contains(needed)).collect();
        let only = if free.len() == 1 { free.first().copied() } else { None };
        let meant = nearest(unknown, &free).or(only);
        let hint = meant.map_or_else(|| ".".to_owned(), |meant| format!("; did you mean `{{{meant}}}`?"));
        needed.retain(|needed| Some(*needed) != meant);
        mistakes.blame(&matches.mark, format!("`{{{unknown}}}` is no path parameter of `{name}.{id}`{hint}"));
    }
    for missing in needed.iter().filter(|needed| !given.contains(needed)) {
        let sentence =
            format!("`{name}.{id}` needs the path parameter `{{{missing}}}`, which this path does not have.");
        mistakes.blame(&matches.mark, sentence);
    }
    for parameter in operation.path_parameters.iter().filter(|parameter| given.contains(&parameter.name.as_str())) {
        if let Some(kind) = unbindable(parameter, &service.contract, false) {
            let sentence =
                format!("`{{{}}}` is {kind} in `{name}.{id}`; one path segment cannot carry that.", parameter.name);
            mistakes.blame(&matches.mark, sentence);
        }
    }
    for parameter in operation.query_parameters.iter().filter(|parameter| parameter.required) {
        if let Some(kind) = unbindable(parameter, &service.contract, true) {
            let sentence = format!(
                "The required query parameter `{}` of `{name}.{id}` is {kind}; a client cannot send that by name.",
                parameter.name
            );
            mistakes.blame(&matches.mark, sentence);
        }
    }
}

/// What a parameter is, if no text can be that.
fn unbindable(parameter: &OperationParameter, contract: &Contract, repeated: bool) -> Option<&'static str> {
    match contract.resolved(&parameter.schema).get("type")?.as_str()? {
        "array" if !repeated => Some("a list"),
        "object" => Some("an object"),
        "null" => Some("null"),
        _ => None,
    }
}

/// Keys of one route that contradict each other.
fn consistent(draft: &RouteDraft, mistakes: &Collector) {
    let ignores = draft.token.as_ref().filter(|token| token.value == TokenRule::Ignore);
    if let (Some(token), Some(access)) = (ignores, &draft.access)
        && access.value != Access::Anyone
    {
        let sentence = format!(
            "Without its token nobody can be known to be `{}`; leave this out, or let `anyone` call.",
            access.value
        );
        mistakes.blame(&token.mark, sentence);
    }
    let upgrades = draft.websocket.as_ref().filter(|websocket| websocket.value);
    if let (Some(websocket), Some(matches)) = (upgrades, &draft.matches)
        && matches.value.method != Method::GET
    {
        mistakes.blame(&websocket.mark, format!("A WebSocket starts with GET, not with {}.", matches.value.method));
    }
}

/// The path to call, in pieces. None if a parameter of it is not bound, which has been reported.
fn pieces(path: &str, pattern: &Pattern) -> Option<Vec<PathPiece>> {
    let names: Vec<&str> = pattern.names().collect();
    let mut pieces = Vec::new();
    let mut literal = String::new();
    for segment in Pattern::parse(path).ok()?.segments() {
        literal.push('/');
        match segment {
            Segment::Literal(text) => literal.push_str(text),
            Segment::Parameter(name) => {
                pieces.push(PathPiece::Literal(std::mem::take(&mut literal)));
                pieces.push(PathPiece::Parameter(names.iter().position(|known| known == name)?));
            }
        }
    }
    if !literal.is_empty() || pieces.is_empty() {
        pieces.push(PathPiece::Literal(if literal.is_empty() { "/".to_owned() } else { literal }));
    }
    Some(pieces)
}
