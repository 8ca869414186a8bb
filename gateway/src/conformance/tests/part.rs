//! Answers that are there as a whole.

use boot::Tasks;
use bytes::Bytes;
use http::{HeaderValue, Response};

use super::super::Conformance;
use super::super::tally::Outcome;
use super::super::violation::Kind;
use crate::plan::{ContractMode, Plan, ServiceId, Sources};

/// What is watched of a plan that wants `things.show_thing` inspected.
fn conformance(tasks: &Tasks) -> (Conformance, ServiceId) {
    let contract = |document: &serde_json::Value| document.to_string();
    let own = serde_json::json!({ "openapi": "3.1.0", "paths": {} });
    let settings = "[services.gateway]\ncontract = \"gateway.json\"\n\
                    [services.things]\nurl = \"http://127.0.0.1:9\"\ncontract = \"things.json\"\n";
    let route = "[[route]]\nmatch = \"GET /things/{id}\"\nto = \"things.show_thing\"\naccess = \"anyone\"\n\
                 contract = \"sample\"\n";
    let mut things = super::contract(&super::things()).document;
    things["paths"]["/things/{id}"]["parameters"] =
        serde_json::json!([{ "name": "id", "in": "path", "schema": { "type": "string" } }]);
    let files = [
        ("conf/gateway.toml", settings.to_owned()),
        ("conf/routes/things.toml", route.to_owned()),
        ("conf/gateway.json", contract(&own)),
        ("conf/things.json", contract(&things)),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text)).to_vec();
    let plan = Plan::load(&Sources::texts("conf", files)).unwrap();
    let (id, _) = plan.service_named("things").unwrap();
    (Conformance::new(&plan, tasks).unwrap(), id)
}

fn answer(body: &'static str) -> Response<Bytes> {
    Response::builder().header("content-type", "application/json").body(Bytes::from_static(body.as_bytes())).unwrap()
}

#[tokio::test]
async fn a_part_is_judged_at_once_where_that_is_enforced_and_by_the_inspector_elsewhere() {
    let tasks = Tasks::new();
    let (conformance, things) = conformance(&tasks);
    let request_id = HeaderValue::from_static("r");
    let hold = async |mode, body| conformance.hold(mode, (things, "show_thing"), &answer(body), &request_id).await;
    assert_eq!(hold(ContractMode::Off, "{}").await, Ok(()));
    assert_eq!(hold(ContractMode::Warn, "{}").await, Ok(()));
    assert_eq!(hold(ContractMode::Enforce, r#"{"id":1,"owner":null}"#).await, Ok(()));
    let wrong = hold(ContractMode::Enforce, r#"{"id":1}"#).await.unwrap_err();
    assert_eq!((wrong.kind, wrong.pointer.as_str()), (Kind::MissingField, "/owner"));
    let tally = &conformance.watched(things, "show_thing").unwrap().tally;
    testkit::until("the copy is judged", std::time::Duration::from_secs(10), || async {
        ((tally.counted(Outcome::Ok), tally.counted(Outcome::Violation)) == (1, 2)).then_some(())
    })
    .await;
    assert!(conformance.render().contains("{operation=\"things.show_thing\",kind=\"missing_field\"} 2\n"));
}

#[tokio::test]
async fn only_what_a_route_asks_for_is_watched() {
    let (conformance, things) = conformance(&Tasks::new());
    assert!(conformance.watched(things, "another").is_none());
    assert!(conformance.watched(things, "show_thing").is_some());
}
