//! One route or proxy at a time: the operation exists, may be public, and gets what it needs.

use std::time::Duration;

use http::Method;
use upstream::Policy;

use super::super::contract::{Contract, Operation};
use super::super::file::{Match, ProxyDraft, RouteDraft};
use super::super::read::{At, Collector, nearest};
use super::super::{
    Binding, Composition, ContractMode, PathPiece, Route, Service, ServiceKind, Settings, Source, Target, TokenRule,
};
use super::caching;
use super::call::{self, Called, Reach};
use super::composition::{self, Site};
use super::services::{Named, Services};
use super::{Checked, conformance, consistent, errors, form, limits};
use crate::routes::{Pattern, Segment};

/// Checks a route; what is none has been reported.
pub(super) fn check(
    draft: &RouteDraft,
    services: &Services,
    settings: &Settings,
    mistakes: &Collector,
) -> Option<Checked> {
    consistent::check(draft, mistakes);
    let errors = errors::check(draft, mistakes);
    let limit = limits::policy(draft.limit.as_ref(), &settings.limits, mistakes);
    let composed = composition::is_needed(draft);
    let to = draft.to.as_ref().and_then(|to| call::operation(to, services, reach(draft), mistakes));
    let matches = draft.matches.as_ref()?;
    if let Some(to) = to {
        conformance::check(draft, to.service, to.operation, mistakes);
        method(draft, matches, to.service, to.operation, mistakes);
        if !composed {
            parameters(matches, &to, mistakes);
        }
    }
    if to.is_none() && (draft.has_to || draft.parts.is_empty()) {
        if draft.has_to {
            // What is behind it cannot be known, but its parts can be looked at.
            composition::check(&Site { draft, matches, services, to, mistakes });
        }
        return None;
    }
    let form = to.and_then(|to| form::check(draft, to.service, to.operation, mistakes));
    let composition = if composed {
        let site = Site { draft, matches, services, to, mistakes };
        let composition = composition::check(&site)?;
        unused(matches, &composition, mistakes);
        Some(composition)
    } else {
        None
    };
    let target = target(draft, to, composition.as_deref(), &matches.value.pattern)?;
    let kept = caching::check(draft, to, composition.as_deref(), services, mistakes);
    let access = draft.access.as_ref()?;
    let route = Route {
        method: Some(matches.value.method.clone()),
        template: matches.value.template.clone(),
        access: access.value.clone(),
        token: value_of(&draft.token, TokenRule::Check),
        target,
        timeout: value_of(&draft.timeout, deadline(to, composition.as_deref(), settings)),
        body_limit: value_of(&draft.body_limit, body_limit(to, settings)),
        deprecated: draft.deprecated.as_ref().map(|at| at.value.clone()),
        assert_roles: draft.assert_roles.iter().map(|role| role.value.clone()).collect(),
        profiles: draft.profiles.iter().map(|profile| profile.value.clone()).collect(),
        websocket: value_of(&draft.websocket, false),
        breaker: value_of(&draft.breaker, true),
        limit,
        composition,
        errors,
        form,
        origin: draft.mark.source_span(),
        contract: value_of(&draft.contract, ContractMode::Off),
        cache: kept.cache,
        invalidates: kept.invalidates,
    };
    let pattern = Some(matches.value.pattern.clone());
    Some(Checked { route, pattern, mark: matches.mark.clone(), successor: draft.deprecated.clone() })
}

/// Where a route leads, if what is behind it is known.
fn target(
    draft: &RouteDraft,
    to: Option<Called<'_>>,
    composition: Option<&Composition>,
    pattern: &Pattern,
) -> Option<Target> {
    let Some(Called { id, operation, .. }) = to else {
        return (composition.is_some() && draft.to.is_none()).then_some(Target::Parts);
    };
    let path = match composition.and_then(Composition::main) {
        Some(main) => main.path.clone(),
        None => pieces(&operation.path, pattern)?,
    };
    Some(Target::Operation { service: id, operation: operation.id.clone(), path })
}

/// A request that asks several services has the whole deadline, each call what its service allows.
fn deadline(to: Option<Called<'_>>, composition: Option<&Composition>, settings: &Settings) -> Duration {
    match (to, composition) {
        (_, Some(composition)) if composition.is_composed() => settings.deadline,
        (Some(to), _) => settings.deadline.min(to.service.timeout),
        (None, _) => settings.deadline,
    }
}

fn body_limit(to: Option<Called<'_>>, settings: &Settings) -> u64 {
    match to {
        Some(to) if to.operation.takes_upload() => settings.limits.upload_bytes,
        _ => settings.limits.body_bytes,
    }
}

/// Checks a proxy, and makes its origin a service without a contract.
pub(super) fn check_proxy(
    draft: &ProxyDraft,
    services: &mut Services,
    settings: &Settings,
    mistakes: &Collector,
) -> Option<Checked> {
    let limit = limits::policy(draft.limit.as_ref(), &settings.limits, mistakes);
    let (prefix, url, access) = (draft.prefix.as_ref()?, draft.url.as_ref()?, draft.access.as_ref()?);
    let name = match prefix.value.trim_matches('/') {
        "" => "origin".to_owned(),
        inner => inner.replace('/', "-"),
    };
    // Two prefixes may be written alike so, and one may be the name of a service.
    let others = (2..).map(|number| format!("{name}-{number}"));
    let name = [name.clone()].into_iter().chain(others).find(|name| matches!(services.named(name), Named::Unknown))?;
    let timeout = value_of(&draft.timeout, settings.deadline);
    let kind = ServiceKind::Origin;
    let policy = Policy { body_idle: settings.limits.body_idle_timeout, ..Policy::default() };
    let urls = vec![url.value.clone()];
    let service = Service { name, kind, urls, timeout, policy, health: None, contract: Contract::default() };
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
        breaker: true,
        limit,
        composition: None,
        errors: Vec::new(),
        form: None,
        origin: draft.mark.source_span(),
        contract: ContractMode::Off,
        cache: caching::of_proxy(draft, mistakes),
        invalidates: Vec::new(),
    };
    Some(Checked { route, pattern: None, mark: prefix.mark.clone(), successor: None })
}

fn value_of<T: Clone>(given: &Option<At<T>>, default: T) -> T {
    given.as_ref().map_or(default, |at| at.value.clone())
}

/// Which operations a route may name. An older API may be built on what only the gateway may call.
fn reach(draft: &RouteDraft) -> Reach {
    let file = draft.mark.source_span().file;
    let directories: Vec<&str> = file.split(['/', '\\']).rev().skip(1).collect();
    let is_compat = directories.windows(2).any(|pair| pair == ["compat", "routes"]);
    if is_compat { Reach::Internal } else { Reach::Public }
}

/// A request goes on with its own method, so the two must agree, unless the route makes another request of it. What a browser
/// may ask for without being told to never changes anything.
fn method(draft: &RouteDraft, matches: &At<Match>, service: &Service, operation: &Operation, mistakes: &Collector) {
    let Match { method, .. } = &matches.value;
    let remade = *method != Method::GET && (draft.request.is_some() || draft.status.is_some());
    if *method == operation.method || remade {
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
fn parameters(matches: &At<Match>, called: &Called<'_>, mistakes: &Collector) {
    let (name, operation) = (called.name(), called.operation);
    let mut needed: Vec<&str> = operation.path_parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    let given: Vec<&str> = matches.value.pattern.names().collect();
    for unknown in given.iter().filter(|given| !needed.contains(given)).copied().collect::<Vec<_>>() {
        let free: Vec<&str> = needed.iter().copied().filter(|needed| !given.contains(needed)).collect();
        let only = if free.len() == 1 { free.first().copied() } else { None };
        let meant = nearest(unknown, &free).or(only);
        let hint = meant.map_or_else(|| ".".to_owned(), |meant| format!("; did you mean `{{{meant}}}`?"));
        needed.retain(|needed| Some(*needed) != meant);
        mistakes.blame(&matches.mark, format!("`{{{unknown}}}` is no path parameter of `{name}`{hint}"));
    }
    for missing in needed.iter().filter(|needed| !given.contains(needed)) {
        let sentence = format!("`{name}` needs the path parameter `{{{missing}}}`, which this path does not have.");
        mistakes.blame(&matches.mark, sentence);
    }
    for parameter in operation.path_parameters.iter().filter(|parameter| given.contains(&parameter.name.as_str())) {
        if let Some(kind) = call::unbindable(called, parameter, false) {
            let sentence =
                format!("`{{{}}}` is {kind} in `{name}`; one path segment cannot carry that.", parameter.name);
            mistakes.blame(&matches.mark, sentence);
        }
    }
    for parameter in operation.query_parameters.iter().filter(|parameter| parameter.required) {
        if let Some(kind) = call::unbindable(called, parameter, true) {
            let sentence = format!(
                "The required query parameter `{}` of `{name}` is {kind}; a client cannot send that by name.",
                parameter.name
            );
            mistakes.blame(&matches.mark, sentence);
        }
    }
}

/// A path parameter of the route that no call of it takes.
fn unused(matches: &At<Match>, composition: &Composition, mistakes: &Collector) {
    let takes = |binding: &Binding, index: usize| matches!(binding.source, Source::Path(taken) if taken == index);
    for (index, name) in matches.value.pattern.names().enumerate() {
        let is_taken = composition.parts.iter().any(|part| {
            part.path.contains(&PathPiece::Parameter(index)) || part.bindings.iter().any(|one| takes(one, index))
        });
        if !is_taken {
            let sentence = format!(
                "Nothing takes the path parameter `{{{name}}}`; bind it, like `bind.{name} = \"path:{name}\"`."
            );
            mistakes.blame(&matches.mark, sentence);
        }
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
