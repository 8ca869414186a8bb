//! `parts.NAME` and `include.NAME` of a route: a call and the place of its answer.

use std::time::Duration;

use super::super::read::{At, Entries, Mark, Section, Value};
use super::route::{OperationName, operation_name};
use super::shape::{ShapeDraft, path};
use transform::Path;

/// A part as the file has it.
#[derive(Debug)]
pub(crate) struct PartDraft {
    pub(crate) name: At<String>,
    pub(crate) to: Option<At<OperationName>>,
    pub(crate) bind: Entries,
    pub(crate) query: Entries,
    pub(crate) required: Option<At<bool>>,
    pub(crate) otherwise: Option<At<String>>,
    pub(crate) viewer: Option<At<bool>>,
    pub(crate) aside: Option<At<bool>>,
    pub(crate) join: Option<JoinDraft>,
    pub(crate) shape: ShapeDraft,
    pub(crate) timeout: Option<At<Duration>>,
    pub(crate) stale_if_error: Option<At<Duration>>,
    /// Whether all of it could be read; otherwise what is missing may be what could not.
    pub(crate) whole: bool,
}

/// How the answer of a batch operation is joined to keys in another document.
#[derive(Debug)]
pub(crate) struct JoinDraft {
    pub(crate) mark: Mark,
    pub(crate) key: Option<At<Path>>,
    pub(crate) parameter: Option<At<String>>,
    pub(crate) on: Option<At<Path>>,
    pub(crate) take: Option<At<Path>>,
    pub(crate) max_batch: Option<At<u32>>,
}

pub(super) fn read(name: At<String>, mut section: Section<'_>) -> PartDraft {
    let mistakes = section.mistakes();
    let before = mistakes.count();
    let mut draft = PartDraft {
        name,
        to: section.required("to", "the operation that this part asks, like \"users.show_user\"", |v| {
            v.parsed(operation_name)
        }),
        bind: section.texts("bind"),
        query: section.texts("query"),
        required: section.optional("required", Value::flag),
        otherwise: section.optional("otherwise", Value::text),
        viewer: section.optional("viewer", Value::flag),
        aside: section.optional("aside", Value::flag),
        join: section.optional("join", join).map(|at| at.value),
        shape: ShapeDraft::read(&mut section),
        timeout: section.optional("timeout", Value::positive_duration),
        stale_if_error: section.optional("stale_if_error", Value::positive_duration),
        whole: false,
    };
    section.finish();
    draft.whole = mistakes.count() == before;
    draft
}

fn join(value: Value<'_>) -> Option<JoinDraft> {
    let mut section = value.section()?;
    let draft = JoinDraft {
        mark: section.mark().clone(),
        key: section
            .required("key", "where the keys are in the answer, like \".items[].author_id\"", |v| v.parsed(path)),
        parameter: section.required("as", "the parameter that takes the keys, like \"ids\"", Value::text),
        on: section.required("on", "the field of an item that equals its key, like \".id\"", |v| v.parsed(path)),
        take: section.optional("take", |v| v.parsed(path)),
        max_batch: section.optional("max_batch", Value::count),
    };
    section.finish();
    Some(draft)
}
