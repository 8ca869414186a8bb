//! What may be kept of a route: nothing of what changes something, and nothing for more people than may see it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use http::{HeaderName, Method};

use super::super::caching::{CacheClaim, Caching, Scope, Tag, TagPiece};
use super::super::file::{CacheDraft, ProxyDraft, RouteDraft};
use super::super::read::{At, Collector, Mark, one_of};
use super::super::{Access, Claim, Composition, Operation, Part, Route, Settings, Source, SourceSpan};
use super::Checked;
use super::call::Called;
use super::services::Services;
use crate::plan::ServiceKind;

/// What a route keeps.
pub(super) struct Kept {
    pub(super) cache: Option<Caching>,
    pub(super) invalidates: Vec<Tag>,
}

/// Checks `cache`, `tags` and `invalidates` of a route.
pub(super) fn check(
    draft: &RouteDraft,
    to: Option<Called<'_>>,
    composition: Option<&Composition>,
    services: &Services,
    mistakes: &Collector,
) -> Kept {
    let invalidates = invalidates(draft, mistakes);
    let Some(cache) = &draft.cache else {
        if let Some(tag) = draft.tags.first() {
            mistakes.blame(&tag.mark, "Nothing is kept here that could be in a group; add `cache`, or leave this out.");
        }
        return Kept { cache: None, invalidates };
    };
    let Some((scope, mark)) = scope(&cache.value) else { return Kept { cache: None, invalidates } };
    route(draft, to, &cache.mark, mistakes);
    callers(draft, &scope, composition, mark, mistakes);
    let caching = Caching {
        ttl: cache.value.ttl.as_ref().map(|at| at.value),
        stale_while_revalidate: cache.value.stale_while_revalidate.as_ref().map(|at| at.value).unwrap_or_default(),
        stale_if_error: cache.value.stale_if_error.as_ref().map(|at| at.value).unwrap_or_default(),
        query: Some(query(to.map(|to| to.operation), composition)),
        fields: fields(to, composition, services),
        tags: tags(&draft.tags, draft, mistakes),
        validates: draft.finish.is_none(),
        composed: composition.is_some_and(Composition::is_composed),
        generation: 0,
        scope,
    };
    Kept { cache: Some(caching), invalidates }
}

/// What a proxy keeps: an origin without a contract is never told who asks, so only what all may see.
pub(super) fn of_proxy(draft: &ProxyDraft, mistakes: &Collector) -> Option<Caching> {
    let cache = draft.cache.as_ref()?;
    let (scope, mark) = scope(&cache.value)?;
    if scope != Scope::Public {
        mistakes.blame(
            mark,
            "An origin without a contract is not told who asks, so its answers are `public`, or `none` is kept.",
        );
    } else if draft.access.as_ref().is_some_and(|access| access.value != Access::Anyone) {
        mistakes.blame(mark, "What an origin answers is kept for everybody, but not everybody may call this.");
    } else if draft.websocket.as_ref().is_some_and(|websocket| websocket.value) {
        mistakes.blame(&cache.mark, "A WebSocket is no answer that could be kept.");
    }
    Some(Caching {
        scope,
        ttl: cache.value.ttl.as_ref().map(|at| at.value),
        stale_while_revalidate: cache.value.stale_while_revalidate.as_ref().map(|at| at.value).unwrap_or_default(),
        stale_if_error: cache.value.stale_if_error.as_ref().map(|at| at.value).unwrap_or_default(),
        query: None,
        fields: Vec::new(),
        tags: Vec::new(),
        validates: true,
        composed: false,
        generation: 0,
    })
}

/// Numbers the routes: another number where a route means something else, or means it of another service, wherever it stands
/// in its file.
pub(super) fn number(routes: &mut [Checked], services: &Services, settings: &Settings) {
    for Checked { route, .. } in routes {
        let generation = generation(route, services, settings);
        if let Some(cache) = &mut route.cache {
            cache.generation = generation;
        }
    }
}

fn generation(route: &Route, services: &Services, settings: &Settings) -> u64 {
    let mut meant = route.clone();
    meant.origin = SourceSpan { file: "".into(), line: 0, column: 0 };
    let parts = route.composition.iter().flat_map(|composition| &composition.parts).map(|part| part.service);
    let asked = parts.chain([route.target.service()]).filter_map(|id| services.service(id));
    let mut hasher = DefaultHasher::new();
    format!("{meant:?}").hash(&mut hasher);
    asked.for_each(|service| (&service.name, format!("{:?}", service.urls)).hash(&mut hasher));
    // Programs know it, so it may be in what is kept.
    settings.public_origin.hash(&mut hasher);
    hasher.finish()
}

fn scope(cache: &CacheDraft) -> Option<(Scope, &Mark)> {
    let scope = cache.scope.as_ref()?;
    Some((scope.value.clone()?, &scope.mark))
}

fn route(draft: &RouteDraft, to: Option<Called<'_>>, mark: &Mark, mistakes: &Collector) {
    if let Some(matches) = draft.matches.as_ref().filter(|matches| matches.value.method != Method::GET) {
        mistakes.blame(mark, format!("{} may change something, so its answers are not kept.", matches.value.method));
    }
    if to.is_some_and(|to| to.service.kind == ServiceKind::BuiltIn) {
        mistakes.blame(mark, "The gateway's own operations speak of tokens; their answers are not kept.");
    }
    if draft.websocket.as_ref().is_some_and(|websocket| websocket.value) {
        mistakes.blame(mark, "A WebSocket is no answer that could be kept.");
    }
}

/// Nobody may be given what was made for somebody else.
fn callers(draft: &RouteDraft, scope: &Scope, composition: Option<&Composition>, mark: &Mark, mistakes: &Collector) {
    let Some(access) = &draft.access else { return };
    let claims = |wanted: Claim| {
        let sources = kept_parts(composition).flat_map(|part| &part.bindings);
        sources.into_iter().any(|binding| matches!(&binding.source, Source::Claim(claim) if *claim == wanted))
    };
    let sentence = match (scope, &access.value) {
        (Scope::Public, Access::Anyone) if claims(Claim::Sub) || claims(Claim::Sid) => {
            "A call here is given a claim of the caller, so its answer is not the same for all.".to_owned()
        }
        (Scope::Public, Access::Anyone) | (Scope::Viewer, Access::Anyone) => String::new(),
        (Scope::Public, access) => {
            format!("`public` is shared with everybody, but only `{access}` may call this; `user` keeps callers apart.")
        }
        (Scope::User | Scope::Claims(_), Access::Anyone) => {
            format!("`{scope}` keeps apart who is signed in, but anyone may call this; did you mean `viewer`?")
        }
        (Scope::Viewer, access) => format!("Whoever calls this is `{access}`; did you mean `user`?"),
        (Scope::User | Scope::Claims(_), _) => String::new(),
    };
    let knows = |claim| matches!(scope, Scope::Claims(claims) if claims.contains(&claim));
    let sentence = match sentence {
        none if none.is_empty() && claims(Claim::Sid) && !knows(CacheClaim::Sid) => {
            format!("A call here is given the session, which `{scope}` does not keep apart; use `claims:[sub, sid]`.")
        }
        none if none.is_empty()
            && claims(Claim::Sub)
            && matches!(scope, Scope::Claims(_))
            && !knows(CacheClaim::Sub) =>
        {
            format!("A call here is given the user, whom `{scope}` does not keep apart.")
        }
        sentence => sentence,
    };
    if !sentence.is_empty() {
        mistakes.blame(mark, sentence);
    }
}

/// The parts of what may be kept: those that only their viewer sees come after that.
fn kept_parts(composition: Option<&Composition>) -> impl Iterator<Item = &Part> {
    composition.into_iter().flat_map(|composition| &composition.parts).filter(|part| !part.viewer)
}

/// The names of the query on which an answer depends.
fn query(operation: Option<&Operation>, composition: Option<&Composition>) -> Vec<String> {
    let declared = operation.into_iter().flat_map(|operation| &operation.query_parameters);
    let mut names: Vec<String> = declared.map(|parameter| parameter.name.clone()).collect();
    if let Some(composition) = composition {
        let bindings = kept_parts(Some(composition)).flat_map(|part| &part.bindings);
        names.extend(bindings.filter_map(|binding| match &binding.source {
            Source::Query(name) => Some(name.clone()),
            _ => None,
        }));
        names.extend((!composition.choices.is_empty()).then(|| "include".to_owned()));
        names.extend(composition.fields.is_some().then(|| "fields".to_owned()));
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// The fields of the request on which an answer may depend: those of which calls take values, and those that operations say
/// they read.
fn fields(to: Option<Called<'_>>, composition: Option<&Composition>, services: &Services) -> Vec<HeaderName> {
    let bindings = kept_parts(composition).flat_map(|part| &part.bindings);
    let mut names: Vec<HeaderName> = bindings
        .filter_map(|binding| match &binding.source {
            Source::Header(name) => Some(name.clone()),
            _ => None,
        })
        .collect();
    let operations =
        kept_parts(composition).filter_map(|part| services.contract(part.service)?.operation(&part.operation));
    for operation in to.map(|to| to.operation).into_iter().chain(operations) {
        names.extend(operation.header_parameters.iter().filter_map(|parameter| parameter.name.parse().ok()));
    }
    names.retain(|name: &HeaderName| name != http::header::AUTHORIZATION && name != http::header::COOKIE);
    names.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
    names.dedup();
    names
}

fn invalidates(draft: &RouteDraft, mistakes: &Collector) -> Vec<Tag> {
    let reads = draft.matches.as_ref().is_some_and(|matches| matches.value.method == Method::GET);
    if let Some(tag) = draft.invalidates.first().filter(|_| reads) {
        mistakes.blame(&tag.mark, "GET changes nothing, so it makes nothing invalid.");
    }
    tags(&draft.invalidates, draft, mistakes)
}

fn tags(names: &[At<String>], draft: &RouteDraft, mistakes: &Collector) -> Vec<Tag> {
    names.iter().filter_map(|name| tag(name, draft, mistakes)).collect()
}

/// A name with `{path:NAME}` and `{claim:sub}` in it.
fn tag(name: &At<String>, draft: &RouteDraft, mistakes: &Collector) -> Option<Tag> {
    let refuse = |sentence: String| {
        mistakes.blame(&name.mark, sentence);
        None
    };
    let mut pieces = Vec::new();
    let mut rest = name.value.as_str();
    while let Some((before, inner)) = rest.split_once('{') {
        let Some((inside, after)) = inner.split_once('}') else {
            return refuse(format!("`{}` has a `{{` without its `}}`.", name.value));
        };
        pieces.push(TagPiece::Text(before.to_owned()));
        match inside.split_once(':') {
            Some(("path", parameter)) => {
                let pattern = &draft.matches.as_ref()?.value.pattern;
                let known: Vec<&str> = pattern.names().collect();
                match known.iter().position(|known| *known == parameter) {
                    Some(index) => pieces.push(TagPiece::Path(index)),
                    None => {
                        let hint = one_of(parameter, &known);
                        return refuse(format!("The path of this route has no parameter `{parameter}`{hint}"));
                    }
                }
            }
            Some(("claim", "sub")) => pieces.push(TagPiece::Sub),
            _ => return refuse(format!("`{{{inside}}}` is neither `{{path:NAME}}` nor `{{claim:sub}}`.")),
        }
        rest = after;
    }
    pieces.push(TagPiece::Text(rest.to_owned()));
    pieces.retain(|piece| *piece != TagPiece::Text(String::new()));
    if pieces.is_empty() { refuse("A group needs a name.".to_owned()) } else { Some(Tag(pieces)) }
}
