//! Keys of one route that contradict each other, or say nothing where they stand.

use http::Method;

use super::super::file::RouteDraft;
use super::super::read::{Collector, Mark};
use super::super::{Access, TokenRule};
use super::composition;

/// Blames what cannot hold together, whatever the contracts say.
pub(super) fn check(draft: &RouteDraft, mistakes: &Collector) {
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
    let composed = composition::is_needed(draft);
    websocket(draft, composed, mistakes);
    if draft.has_to {
        beside_to(draft, composed, mistakes);
    } else if !draft.parts.is_empty() {
        parts_only(draft, mistakes);
    }
}

fn websocket(draft: &RouteDraft, composed: bool, mistakes: &Collector) {
    let Some(websocket) = draft.websocket.as_ref().filter(|websocket| websocket.value) else { return };
    if composed {
        let sentence = "A WebSocket is handed on as it is; nothing can be bound, shaped or put together on its route.";
        mistakes.blame(&websocket.mark, sentence);
    } else if let Some(matches) = draft.matches.as_ref().filter(|matches| matches.value.method != Method::GET) {
        mistakes.blame(&websocket.mark, format!("A WebSocket starts with GET, not with {}.", matches.value.method));
    }
}

/// What an operation says itself, and what two keys say of one thing.
fn beside_to(draft: &RouteDraft, composed: bool, mistakes: &Collector) {
    let waits = draft.bind.iter().any(|(_, text)| text.value.starts_with("part:"));
    if let Some(doc) = draft.doc.as_ref().filter(|_| !waits) {
        mistakes.blame(
            &doc.mark,
            "The operation of `to` describes this route; one that has nothing but parts does it itself, or one whose `to` waits for a part.",
        );
    }
    if let (Some(form), Some(_)) = (&draft.form, &draft.request) {
        mistakes.blame(&form.mark, "`request` builds the whole body; `form` beside it would do nothing.");
    }
    let builds = draft.shape.place().is_some() || draft.finish.is_some();
    let composes = !draft.parts.is_empty() || !draft.includes.is_empty();
    if let Some(schema) = draft.response_schema.as_ref().filter(|_| !(builds || (composed && composes))) {
        mistakes.blame(&schema.mark, "Nothing is built here: the contract says what the operation answers.");
    }
}

/// What needs an operation behind the route itself.
fn parts_only(draft: &RouteDraft, mistakes: &Collector) {
    if let Some(matches) = draft.matches.as_ref().filter(|matches| matches.value.method != Method::GET) {
        let sentence = "Parts ask and change nothing, so a route that has nothing but parts is GET.";
        mistakes.blame(&matches.mark, sentence);
    }
    let values = |key: &str| {
        format!("`{key}` gives values to the operation of `to`, which this route does not have; write it in a part.")
    };
    let first = |entries: &[(super::super::read::At<String>, _)]| entries.first().map(|(name, _)| name.mark.clone());
    let needless: [(Option<Mark>, String); 6] = [
        (first(&draft.bind), values("bind")),
        (first(&draft.query), values("query")),
        (
            draft.request.as_ref().map(|at| at.mark.clone()),
            "Without `to` there is nothing that a body could be sent to.".to_owned(),
        ),
        (
            draft.breaker.as_ref().map(|at| at.mark.clone()),
            "`breaker` is about what the operation of `to` answers, and this route has none.".to_owned(),
        ),
        (
            draft.form.as_ref().map(|at| at.mark.clone()),
            "Without `to` there is no form whose fields could be renamed.".to_owned(),
        ),
        (
            draft.status.as_ref().map(|at| at.mark.clone()),
            "A route that has nothing but parts reads, and its success is 200; leave this out.".to_owned(),
        ),
    ];
    for (mark, sentence) in needless {
        if let Some(mark) = mark {
            mistakes.blame(&mark, sentence);
        }
    }
}
