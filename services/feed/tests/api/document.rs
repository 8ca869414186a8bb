//! The checked-in document, and what every operation has to say in it.

use serde_json::Value;
use testkit::contract;

use crate::harness::on_sqlite;

const CHECKED_IN: &str = include_str!("../../../../openapi/feed.json");

#[test]
fn the_checked_in_document_is_that_of_the_code() {
    contract::is_of_the_code("feed", CHECKED_IN, &feed::openapi());
}

#[tokio::test]
async fn a_running_service_shows_its_contract_to_the_gateway_alone() {
    on_sqlite(async |service| {
        let shown = service.get("/openapi.json").send().await.expect(200);
        assert_eq!(shown.json, serde_json::from_str::<Value>(CHECKED_IN).unwrap());
        service.get("/openapi.json").unasserted().send().await.refused(401, "unauthenticated");
    })
    .await;
}

#[test]
fn every_operation_says_what_it_does_with_examples_of_success_and_failure() {
    let ids = contract::complete_operations(CHECKED_IN);
    assert!(
        ["home_timeline", "public_feed", "search_posts", "list_tags"].iter().all(|id| ids.contains(*id)),
        "{ids:?}"
    );
}
