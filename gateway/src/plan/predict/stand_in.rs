//! A fallback in the place of an answer: what others find in it, as far as they wait for it.

use serde_json::Value;

use transform::{Path, Program, Step};

/// The JSON that stands in for a part.
#[derive(Debug)]
pub(super) struct StandIn {
    text: Box<[u8]>,
    document: Value,
}

/// A value in the place of a key that cannot be one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoKey;

impl StandIn {
    pub(super) fn new(text: &[u8]) -> Option<Self> {
        Some(Self { text: text.into(), document: serde_json::from_slice(text).ok()? })
    }

    /// How many keys there are at `path`, nulls left out.
    pub(super) fn keys(&self, path: &Path) -> Result<usize, NoKey> {
        keys(&self.document, path.steps())
    }

    /// The values that a parameter takes of it: none of them if there is nothing to ask for, `None` if what there is cannot
    /// be a parameter.
    pub(super) fn values(&self, program: &Program) -> Option<Vec<String>> {
        let made = program.run(&self.text, &[]).ok()?;
        match serde_json::from_slice(&made).ok()? {
            Value::Null => Some(Vec::new()),
            Value::Array(items) => items.iter().filter(|item| !item.is_null()).map(text).collect(),
            value => text(&value).map(|text| vec![text]),
        }
    }
}

fn keys(value: &Value, steps: &[Step]) -> Result<usize, NoKey> {
    match (steps.split_first(), value) {
        (None, Value::Null) => Ok(0),
        (None, Value::String(_)) => Ok(1),
        (None, Value::Number(number)) if !number.is_f64() => Ok(1),
        (None, _) => Err(NoKey),
        (Some((Step::Field(name), rest)), Value::Object(fields)) => {
            fields.get(&**name).map_or(Ok(0), |value| keys(value, rest))
        }
        (Some((Step::Each, rest)), Value::Array(items)) => items.iter().map(|item| keys(item, rest)).sum(),
        // Anything else has no keys, and is no mistake.
        (Some(_), _) => Ok(0),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
