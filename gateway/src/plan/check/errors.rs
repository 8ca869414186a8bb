//! `errors` of a route: codes of the closed list, and programs over a problem document.

use problem::Code;

use super::super::composition::ErrorRule;
use super::super::file::{ErrorDraft, RouteDraft};
use super::super::read::{Collector, one_of};
use super::programs;
use transform::Form;

const QUOTED: &str = "A detail is a text; a program writes one in quotes: '\"Out of stock\"'.";

/// The rules of a route. What is none has been reported.
pub(super) fn check(draft: &RouteDraft, mistakes: &Collector) -> Vec<ErrorRule> {
    draft.errors.iter().filter_map(|one| rule(one, mistakes)).collect()
}

fn rule(one: &ErrorDraft, mistakes: &Collector) -> Option<ErrorRule> {
    let Ok(code) = one.code.value.parse::<Code>() else {
        let names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let hint = one_of(&one.code.value, &names);
        mistakes.blame(&one.code.mark, format!("There is no problem code `{}`{hint}", one.code.value));
        return None;
    };
    if !one.whole {
        return None;
    }
    if one.status.is_none() && one.detail.is_none() {
        mistakes.blame(&one.code.mark, "This changes nothing; give it a `status` or a `detail`.");
        return None;
    }
    if let Some(text) = one.detail.as_ref().filter(|text| is_prose(&text.value)) {
        mistakes.blame(&text.mark, QUOTED);
        return None;
    }
    let detail = match &one.detail {
        Some(text) => Some(programs::program(text, &[], mistakes)?),
        None => None,
    };
    let is_text = match detail.as_ref().and_then(|program| program.form()) {
        Some(Form::Literal(json)) => serde_json::from_slice::<String>(json).is_ok(),
        Some(Form::Object(_) | Form::Map(..)) => false,
        Some(Form::Path(_)) | None => true,
    };
    if let Some(text) = one.detail.as_ref().filter(|_| !is_text) {
        mistakes.blame(&text.mark, QUOTED);
        return None;
    }
    Some(ErrorRule { code, status: one.status.as_ref().map(|at| at.value), detail })
}

/// Whether it is words, and no program.
fn is_prose(text: &str) -> bool {
    let is_of_words = |c: char| c.is_alphabetic() || matches!(c, ' ' | ',' | '.' | '!' | '\'');
    text.starts_with(char::is_alphabetic) && text.contains(' ') && text.chars().all(is_of_words)
}
