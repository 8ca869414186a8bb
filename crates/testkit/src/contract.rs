//! What the contract of any service has to be: that of its code, and complete.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::OpenApi;

/// The checked-in document is what the code of the service says.
///
/// # Panics
/// If it is not.
pub fn is_of_the_code(service: &str, checked_in: &str, made: &OpenApi) {
    let made = made.to_pretty_json().expect("a document");
    let is_same = checked_in.trim_end() == made.trim_end();
    assert!(is_same, "openapi/{service}.json is not up to date: run `make openapi`");
}

/// Every operation says what it does, with an example of each answer that has a body, and is internal exactly where its path says so.
/// Returns the ids, of which there are as many as operations.
///
/// # Panics
/// If one does not, with its place.
#[must_use]
pub fn complete_operations(checked_in: &str) -> BTreeSet<String> {
    let document: Value = serde_json::from_str(checked_in).expect("JSON");
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let place = format!("{method} {path}");
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{place} has no id"));
            assert!(ids.insert(id.to_owned()), "{place}: there is another {id}");
            let is_told = |text: &str| operation[text].as_str().is_some_and(|text| !text.is_empty());
            assert!(is_told("summary") && is_told("description"), "{place} does not say what it does");
            let is_internal = operation["x-internal"].as_bool() == Some(true);
            assert_eq!(is_internal, path.starts_with("/internal/"), "{place}: x-internal");
            for (status, response) in operation["responses"].as_object().expect("responses") {
                answer(&format!("{place} {status}"), status, response);
            }
        }
    }
    ids
}

/// An error has a body, and every body an example.
fn answer(place: &str, status: &str, response: &Value) {
    assert!(status.starts_with('2') || status == "304" || response["content"].is_object(), "{place} has no body");
    for content in response["content"].as_object().into_iter().flat_map(|content| content.values()) {
        let shown = content.get("example").or(content.get("examples"));
        assert!(shown.is_some_and(|shown| !shown.is_null()), "{place} has no example");
    }
}
