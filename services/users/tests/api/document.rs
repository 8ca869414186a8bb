//! The checked-in document, and what every operation has to say in it.

use serde_json::Value;
use testkit::contract;

use crate::harness::on_sqlite;

const CHECKED_IN: &str = include_str!("../../../../openapi/users.json");

#[test]
fn the_checked_in_document_is_that_of_the_code() {
    contract::is_of_the_code("users", CHECKED_IN, &users::openapi());
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
    let ids = contract::complete_operations(CHECKED_IN);
    assert!(["register_user", "show_user", "batch_users", "find_user"].iter().all(|id| ids.contains(*id)), "{ids:?}");
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
