//! Two pieces of an OpenAPI document, compared by what they mean.

use serde_json::{Map, Value};

/// A place where two documents say different things.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) pointer: String,
    /// What is different there, as the end of a sentence.
    pub(super) what: String,
}

/// Words for people, where they are not names that somebody chose.
const WORDS: [&str; 7] = ["description", "summary", "example", "examples", "title", "externalDocs", "tags"];

/// Objects whose keys are names that somebody chose.
const NAMED: [&str; 12] = [
    "properties",
    "patternProperties",
    "$defs",
    "dependentSchemas",
    "responses",
    "content",
    "headers",
    "links",
    "callbacks",
    "encoding",
    "mapping",
    "variables",
];

/// Lists without an order.
const SETS: [&str; 4] = ["required", "enum", "type", "security"];

/// Values that are shown only if they are short.
const SHOWN: usize = 80;

/// Every place where `running` says something else than `pin`. `pointer` is where `pin` stands in its document.
pub(super) fn compare(pin: &Value, running: &Value, pointer: &str) -> Vec<Difference> {
    let mut found = Vec::new();
    values(pin, running, pointer, Reading::Keywords, &mut found);
    found
}

/// A key as a segment of a pointer.
pub(super) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// How the keys of an object are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Keywords,
    Names,
    /// Not at all: it is a value, not a description of one.
    Literally,
}

impl Reading {
    /// How what stands under `key` is read.
    fn under(self, key: &str) -> Self {
        match self {
            Self::Literally => Self::Literally,
            Self::Names => Self::Keywords,
            Self::Keywords if NAMED.contains(&key) => Self::Names,
            Self::Keywords if matches!(key, "const" | "default") => Self::Literally,
            Self::Keywords => Self::Keywords,
        }
    }
}

fn values(pin: &Value, running: &Value, pointer: &str, reading: Reading, found: &mut Vec<Difference>) {
    match (pin, running) {
        _ if pin == running => {}
        (Value::Object(pin), Value::Object(running)) => objects(pin, running, pointer, reading, found),
        (Value::Array(pin), Value::Array(running)) if pin.len() == running.len() && reading != Reading::Literally => {
            for (index, (pin, running)) in pin.iter().zip(running).enumerate() {
                values(pin, running, &format!("{pointer}/{index}"), reading, found);
            }
        }
        _ => found.push(Difference { pointer: pointer.to_owned(), what: changed(pin, running) }),
    }
}

fn objects(
    pin: &Map<String, Value>,
    running: &Map<String, Value>,
    pointer: &str,
    reading: Reading,
    found: &mut Vec<Difference>,
) {
    let matters = |key: &&String| reading != Reading::Keywords || !WORDS.contains(&key.as_str());
    for key in pin.keys().filter(matters) {
        let at = format!("{pointer}/{}", escaped(key));
        match (&pin[key], running.get(key)) {
            (_, None) => found.push(Difference { pointer: at, what: "is gone".to_owned() }),
            (was, Some(is)) if reading == Reading::Keywords && SETS.contains(&key.as_str()) => {
                if !same_set(was, is) {
                    found.push(Difference { pointer: at, what: changed(was, is) });
                }
            }
            (was, Some(is)) => values(was, is, &at, reading.under(key), found),
        }
    }
    for key in running.keys().filter(matters).filter(|key| !pin.contains_key(*key)) {
        found.push(Difference { pointer: format!("{pointer}/{}", escaped(key)), what: "is new".to_owned() });
    }
}

/// Whether both hold the same, in whatever order; one value is a list of one.
fn same_set(pin: &Value, running: &Value) -> bool {
    fn listed(value: &Value) -> &[Value] {
        value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
    }
    let (pin, running) = (listed(pin), listed(running));
    pin.iter().all(|one| running.contains(one)) && running.iter().all(|one| pin.contains(one))
}

fn changed(pin: &Value, running: &Value) -> String {
    match (pin.to_string(), running.to_string()) {
        (pin, running) if pin.len() <= SHOWN && running.len() <= SHOWN => format!("is {running} now, not {pin}"),
        _ => "is different".to_owned(),
    }
}
