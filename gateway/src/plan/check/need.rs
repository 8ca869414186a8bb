//! What the failure of a part means, if it can mean that.

use http::Method;
use serde_json::Value;

use super::super::composition::Need;
use super::super::file::{JoinDraft, PartDraft};
use super::super::read::{At, Mark};
use super::super::schema::{Found, Schema};
use super::call::Called;
use super::composition::Site;
use super::fallback;

/// Checks `required` and `otherwise` of a part; `schema` is that of its answer. What is none has been reported.
pub(super) fn check(site: &Site<'_>, draft: &PartDraft, called: &Called<'_>, schema: Option<&Value>) -> Option<Need> {
    let refuse = |mark: &Mark, sentence: &str| {
        site.mistakes.blame(mark, sentence);
        None
    };
    let required = draft.required.as_ref().filter(|at| at.value);
    match (required, &draft.otherwise) {
        (Some(_), Some(otherwise)) => {
            refuse(&otherwise.mark, "A required part has nothing in its place; leave out `required` or this.")
        }
        (Some(required), None) if site.draft.has_to && site.matches.value.method != Method::GET => refuse(
            &required.mark,
            "What the request has changed cannot be taken back when a part fails: beside a write no part is required.",
        ),
        (Some(_), None) => Some(Need::Required),
        (None, None) => Some(Need::Optional),
        (None, Some(otherwise)) => match stands_in(otherwise, draft, called, schema) {
            Ok(()) => Some(Need::Fallback(otherwise.value.clone().into())),
            Err(sentence) => refuse(&otherwise.mark, &sentence),
        },
    }
}

/// What stands in the place of a part looks like it; in the place of a joined one there is an item, and not the batch.
fn stands_in(
    otherwise: &At<String>,
    draft: &PartDraft,
    called: &Called<'_>,
    schema: Option<&Value>,
) -> Result<(), String> {
    let value: Value = serde_json::from_str(&otherwise.value).map_err(|error| format!("This is not JSON: {error}."))?;
    let contract = &called.service.contract;
    let item = match (&draft.join, schema) {
        (Some(join), Some(batch)) => added(join, &Schema::new(contract, batch)),
        _ => None,
    };
    let (what, schema) = match (&draft.join, &item) {
        (None, _) => ("what", schema),
        (Some(_), item) => ("an item that", item.as_ref()),
    };
    let Some(schema) = schema else { return Ok(()) };
    fallback::holds(contract, schema, &value)
        .map_err(|reason| format!("This is not {what} `{}` answers: {reason}.", called.name()))
}

/// What of a batch is added beside a key.
fn added(join: &JoinDraft, batch: &Schema<'_>) -> Option<Value> {
    let items = batch.batch_items()?;
    let Some(take) = &join.take else { return Some(items.to_value()) };
    if let Found::Known(taken) = items.at(&take.value) { Some(taken.to_value()) } else { None }
}
