//! What has happened.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// Something that has happened to an aggregate, as it travels: `{id, type, aggregate, version, occurred_at, data}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// UUIDv7. A repeat has the same.
    pub id: Uuid,
    /// `user.registered`: a noun and what happened to it.
    #[serde(rename = "type")]
    pub kind: String,
    /// To whom, `user:7`.
    pub aggregate: Aggregate,
    /// The version that the aggregate has after it.
    pub version: i64,
    /// In epoch milliseconds.
    pub occurred_at: i64,
    /// What followers need to know: absolute values, never increments.
    pub data: Value,
}

/// A kind of thing and its number, written `user:7`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Aggregate {
    /// What it is, in the singular.
    pub kind: String,
    /// Which one.
    pub id: i64,
}

impl Event {
    /// An event with an id of its own.
    #[must_use]
    pub fn new(kind: &str, aggregate: Aggregate, version: i64, occurred_at: i64, data: Value) -> Self {
        Self { id: Uuid::now_v7(), kind: kind.to_owned(), aggregate, version, occurred_at, data }
    }
}

impl Aggregate {
    /// `kind:id`
    #[must_use]
    pub fn new(kind: &str, id: i64) -> Self {
        Self { kind: kind.to_owned(), id }
    }
}

impl From<Aggregate> for String {
    fn from(aggregate: Aggregate) -> Self {
        format!("{}:{}", aggregate.kind, aggregate.id)
    }
}

impl TryFrom<String> for Aggregate {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let named = text.split_once(':').and_then(|(kind, id)| Some(Self::new(kind, id.parse().ok()?)));
        named.ok_or("an aggregate is written kind:number")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_travels_as_its_envelope_says() {
        let event =
            Event::new("user.registered", Aggregate::new("user", 7), 1, 1_735_689_600_000, json!({"username": "ada"}));
        let told = json!({
            "id": event.id, "type": "user.registered", "aggregate": "user:7", "version": 1,
            "occurred_at": 1_735_689_600_000_i64, "data": {"username": "ada"},
        });
        assert_eq!(serde_json::to_value(&event).unwrap(), told);
        assert_eq!(serde_json::from_value::<Event>(told).unwrap(), event);
        assert!(serde_json::from_value::<Aggregate>(json!("user")).is_err());
    }
}
