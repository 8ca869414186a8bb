//! The key `contract` of a route: only an answer that may be held back is enforced, and only schemas that can be used are.

use super::super::Service;
use super::super::contract::{ContractMode, Operation};
use super::super::file::RouteDraft;
use super::super::read::Collector;
use crate::conformance::{self, Rules};

/// Blames a mode that the route or its operation cannot have.
pub(super) fn check(draft: &RouteDraft, service: &Service, operation: &Operation, mistakes: &Collector) {
    let Some(mode) = draft.contract.as_ref().filter(|mode| mode.value != ContractMode::Off) else { return };
    let name = format!("{}.{}", service.name, operation.id);
    if mode.value == ContractMode::Enforce
        && let Some(reason) = unenforceable(draft, service, operation)
    {
        let sentence = format!("`{name}` {reason} cannot be held back to be checked; write \"warn\".");
        mistakes.blame(&mode.mark, sentence);
    }
    if let Err(reasons) = Rules::compile(&service.contract, operation) {
        for reason in reasons {
            mistakes.blame(&mode.mark, format!("Nothing can be held to the contract of `{name}`: {reason}."));
        }
    }
}

/// What keeps an operation from being enforced, as the middle of a sentence.
fn unenforceable(draft: &RouteDraft, service: &Service, operation: &Operation) -> Option<String> {
    if operation.takes_upload() {
        return Some("takes an upload, and what is streamed".to_owned());
    }
    if draft.websocket.as_ref().is_some_and(|websocket| websocket.value) {
        return Some("opens a WebSocket, which".to_owned());
    }
    let streamed = conformance::streamed(&service.contract, operation)?;
    Some(format!("answers with `{streamed}`, which"))
}
