//! The checked-in document, and what every operation has to say in it.

use serde_json::Value;

use crate::harness::on_sqlite;

const CHECKED_IN: &str = include_str!("../../../../openapi/users.json");

#[test]
fn the_checked_in_document_is_that_of_the_code() {
    let made = users::openapi().to_pretty_json().unwrap();
    assert!(CHECKED_IN.trim_end() == made.trim_end(), "openapi/users.json is not up to date: run `make openapi`");
}

#[tokio::test]
async fn a_running_service_shows_its_contract_to_the_gateway_alone() {
    on_sqlite(async |service| {
        let shown = service.get("/openapi.json").send().await.expect(200);
        assert_eq!(shown.header("content-type"), "application/json");
        assert_eq!(shown.json, serde_json::from_str::<Value>(CHECKED_IN).unwrap());
        service.get("/openapi.json").unasserted().send().await.refused(401, "unauthenticated");
    })
    .await;
}

#[test]
fn every_operation_says_what_it_does_with_examples_of_success_and_failure() {
    let document: Value = serde_json::from_str(CHECKED_IN).unwrap();
    let mut ids = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            ids.push(id.to_owned());
            for text in ["summary", "description"] {
                assert!(operation[text].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}: {text}");
            }
            assert_eq!(operation["x-internal"].as_bool() == Some(true), path.starts_with("/internal/"), "{path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                for content in response["content"].as_object().into_iter().flat_map(|content| content.values()) {
                    let shown = content.get("example").or(content.get("examples"));
                    assert!(shown.is_some_and(|shown| !shown.is_null()), "{method} {path} {status} has no example");
                }
                assert!(status.starts_with('2') || status == "304" || response["content"].is_object());
            }
        }
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), all), (29, 29));
}

#[test]
fn no_secret_is_in_any_answer() {
    let document: Value = serde_json::from_str(CHECKED_IN).unwrap();
    let schemas = &document["components"]["schemas"];
    for name in ["User", "UserPage", "Opened", "Session", "SessionItem", "Revocation"] {
        let properties = schemas[name]["properties"].as_object().unwrap();
        assert!(properties.keys().all(|key| !key.contains("password") && !key.contains("hash")), "{name}");
    }
}
