//! Answers that are not as their contract says: counted where that is asked for, and never sent where it is enforced.

mod large;

use std::time::Duration;

use axum::Router;
use serde_json::json;
use testkit::faulty::Fault;
use testkit::{Answer, Caller, Faulty, Stub, until};

use crate::{Gateway, contract};

const RIGHT: &str = r#"{"id":1,"tags":[]}"#;
const JSON: &str = "application/json";

/// Each kind of violation, with an answer that has it.
const WRONG: [(&str, u16, &str, &str); 6] = [
    ("undeclared_status", 202, JSON, RIGHT),
    ("undeclared_media_type", 200, "text/plain", RIGHT),
    ("not_json", 200, JSON, r#"{"id":1,"tags":[]"#),
    ("missing_field", 200, JSON, r#"{"tags":["secret"]}"#),
    ("wrong_type", 200, JSON, r#"{"id":"secret","tags":[]}"#),
    ("other", 200, JSON, r#"{"id":1,"tags":["secret","b","c"]}"#),
];

/// A gateway whose route `/api/v1/thing` leads to `things.show_thing` at `url` and holds it to its contract like this.
pub(super) async fn holding(mode: &str, url: &str) -> Gateway {
    let directory = tempfile::tempdir().unwrap();
    let service = format!("[services.things]\nurl = \"{url}\"\ncontract = \"openapi/things.json\"\ntimeout = \"2s\"\n");
    contract::write(directory.path(), url, &service);
    let route = format!(
        "[[route]]\nmatch = \"GET /api/v1/thing\"\nto = \"things.show_thing\"\naccess = \"anyone\"\ntimeout = \"5s\"\n\
         contract = \"{mode}\"\n"
    );
    std::fs::write(directory.path().join("routes/things.toml"), route).unwrap();
    std::fs::write(directory.path().join("openapi/things.json"), things().to_string()).unwrap();
    Gateway::of(directory)
}

fn things() -> serde_json::Value {
    let thing = json!({ "type": "object", "required": ["id", "tags"], "properties": {
        "id": { "type": "integer" },
        "tags": { "type": "array", "maxItems": 2, "items": { "type": "string" } },
    }});
    let answer = json!({ "content": { JSON: { "schema": { "$ref": "#/components/schemas/Thing" } } } });
    let text = json!({ "content": { "text/plain": {} } });
    let show = json!({ "operationId": "show_thing", "responses": { "200": answer, "500": text, "404": { "content": {
        "application/problem+json": { "schema": { "type": "object", "required": ["code"] } },
    }}}});
    json!({
        "openapi": "3.1.0", "info": { "title": "things", "version": "1" },
        "paths": { "/thing": { "get": show } },
        "components": { "schemas": { "Thing": thing } },
    })
}

pub(super) async fn ask(gateway: &Gateway) -> Answer {
    gateway.caller().get("/api/v1/thing").await
}

/// What a counter of the operation says; 0 if it is not there.
pub(super) async fn counted(gateway: &Gateway, label: &str, value: &str) -> u64 {
    let name = if label == "kind" { "violations" } else { "inspections" };
    let line = format!("agora_contract_{name}_total{{operation=\"things.show_thing\",{label}=\"{value}\"}} ");
    let metrics = Caller::new(gateway.admin).get("/metrics").await.expect(200).text();
    metrics.lines().find_map(|found| found.strip_prefix(&line)?.parse().ok()).unwrap_or(0)
}

pub(super) async fn until_counted(gateway: &Gateway, label: &str, value: &str, expected: u64) {
    let what = format!("{expected} times {label} {value}");
    until(&what, Duration::from_secs(10), || async {
        (counted(gateway, label, value).await == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_violation_is_counted_where_answers_are_inspected_and_passes_unchanged_unless_enforced() {
    for (kind, status, media_type, body) in WRONG {
        let stub = Stub::answering(status, media_type, body).await;
        for mode in ["off", "sample", "warn"] {
            let gateway = holding(mode, &stub.url()).await;
            let answer = ask(&gateway).await.expect(status);
            assert_eq!((answer.media_type(), answer.text().as_str()), (media_type, body), "{mode} {kind}");
            let expected = u64::from(mode != "off");
            until_counted(&gateway, "kind", kind, expected).await;
            until_counted(&gateway, "outcome", "violation", expected).await;
        }
        let gateway = holding("enforce", &stub.url()).await;
        let answer = ask(&gateway).await;
        answer.problem(502, "contract_violation");
        assert!(!answer.text().contains("secret") && !answer.text().contains("tags"), "{}", answer.text());
        assert!(answer.text().contains("'things' to 'show_thing'"), "{}", answer.text());
        assert_eq!(counted(&gateway, "kind", kind).await, 1, "{kind}");
    }
}

#[tokio::test]
async fn an_answer_that_is_right_passes_in_every_mode() {
    let stub = Stub::answering(200, JSON, RIGHT).await;
    for mode in ["off", "sample", "warn", "enforce"] {
        let gateway = holding(mode, &stub.url()).await;
        assert_eq!(ask(&gateway).await.expect(200).text(), RIGHT);
        until_counted(&gateway, "outcome", "ok", u64::from(mode != "off")).await;
        assert_eq!(counted(&gateway, "outcome", "violation").await, 0);
    }
}

#[tokio::test]
async fn a_sample_is_the_first_of_a_hundred_answers() {
    let stub = Stub::answering(200, JSON, "{}").await;
    let gateway = holding("sample", &stub.url()).await;
    for expected in [1, 2] {
        for _ in 0..100 {
            let _ = ask(&gateway).await.expect(200);
        }
        until_counted(&gateway, "outcome", "violation", expected).await;
    }
}

#[tokio::test]
async fn a_declared_error_is_held_to_its_schema_too() {
    let stub = Stub::answering(404, "application/problem+json", r#"{"title":"none"}"#).await;
    let gateway = holding("warn", &stub.url()).await;
    let _ = ask(&gateway).await.expect(404);
    until_counted(&gateway, "kind", "missing_field", 1).await;
    let gateway = holding("enforce", &stub.url()).await;
    ask(&gateway).await.problem(502, "contract_violation");
}

#[tokio::test]
async fn an_error_that_nobody_declared_is_counted_and_still_loses_its_body() {
    let stub = Stub::answering(503, "text/html", "<pre>at Secret.java:7</pre>").await;
    let gateway = holding("warn", &stub.url()).await;
    ask(&gateway).await.problem(503, "upstream_unavailable");
    until_counted(&gateway, "kind", "undeclared_status", 1).await;
}

#[tokio::test]
async fn a_service_that_does_not_believe_the_gateway_breaks_no_contract() {
    let stub = Stub::answering(401, "application/problem+json", r#"{"code":"unauthenticated"}"#).await;
    let gateway = holding("enforce", &stub.url()).await;
    ask(&gateway).await.problem(502, "identity_rejected");
    assert_eq!(counted(&gateway, "outcome", "violation").await, 0);
}

#[tokio::test]
async fn an_answer_without_a_body_has_none_to_inspect() {
    let stub = Stub::answering(200, JSON, RIGHT).await;
    let gateway = holding("enforce", &stub.url()).await;
    let head = gateway.caller().call(http::Method::HEAD, "/api/v1/thing").await.expect(200);
    assert_eq!(head.text(), "");
    let unchanged = || async { (http::StatusCode::NOT_MODIFIED, [("etag", "\"1\"")]) };
    let stub = Stub::start(Router::new().fallback(unchanged)).await;
    let gateway = holding("enforce", &stub.url()).await;
    let _ = gateway.caller().get("/api/v1/thing").header("if-none-match", "\"1\"").await.expect(304);
}

#[tokio::test]
async fn an_encoded_answer_is_not_asked_for_where_it_has_to_be_read_and_not_inspected_elsewhere() {
    let encoded = || async { ([("content-type", JSON), ("content-encoding", "gzip")], "\u{1f}") };
    let stub = Stub::start(Router::new().fallback(encoded)).await;
    let gateway = holding("warn", &stub.url()).await;
    let answer = gateway.caller().get("/api/v1/thing").header("accept-encoding", "gzip").await.expect(200);
    assert_eq!((answer.header("content-encoding"), stub.last().header("accept-encoding")), ("gzip", "gzip"));
    until_counted(&gateway, "outcome", "skipped", 1).await;

    let gateway = holding("enforce", &stub.url()).await;
    let answer = gateway.caller().get("/api/v1/thing").header("accept-encoding", "gzip").await;
    assert_eq!(stub.last().header("accept-encoding"), "");
    answer.problem(502, "contract_violation");
}

#[tokio::test]
async fn an_answer_that_is_cut_is_incomplete_and_no_violation() {
    let cut = Faulty::start(Fault::Cut).await;
    let gateway = holding("enforce", &cut.url()).await;
    ask(&gateway).await.problem(502, "upstream_incomplete");
    assert_eq!(counted(&gateway, "outcome", "violation").await, 0);
}
