//! The rules of an operation.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::violation::{Kind, Violation};
use super::super::{Rules, streamed};
use super::{contract, rules, things};

const JSON: &str = "application/json";

fn judged(rules: &Rules, status: u16, media_type: &str, body: &str) -> Result<(), (Kind, String)> {
    let status = StatusCode::from_u16(status).unwrap();
    rules.check(status, media_type, body.as_bytes()).map_err(|violation| (violation.kind, violation.pointer))
}

fn thing(body: &str) -> Result<(), (Kind, String)> {
    judged(&rules(&things()), 200, JSON, body)
}

fn wrong(kind: Kind, pointer: &str) -> Result<(), (Kind, String)> {
    Err((kind, pointer.to_owned()))
}

#[test]
fn an_answer_that_is_as_declared_is_right() {
    for body in [r#"{"id":1,"owner":null}"#, r#"{"id":1,"owner":{"a/b":"x"},"tags":["x",null],"more":{}}"#] {
        assert_eq!(thing(body), Ok(()), "{body}");
    }
    assert_eq!(judged(&rules(&things()), 200, "Application/JSON; charset=utf-8", r#"{"id":1,"owner":null}"#), Ok(()));
    assert_eq!(judged(&rules(&things()), 404, "application/problem+json", "{}"), Ok(()));
    assert_eq!(judged(&rules(&things()), 204, "", ""), Ok(()));
}

#[test]
fn a_status_that_is_not_declared_is_found() {
    assert_eq!(judged(&rules(&things()), 418, JSON, "{}"), wrong(Kind::UndeclaredStatus, ""));
    assert_eq!(judged(&rules(&things()), 304, "", ""), Ok(()), "the client's condition decides, not the operation");
}

#[test]
fn a_range_and_the_default_declare_what_is_not_named() {
    let content = |name: &str| json!({ "content": { name: {} } });
    let rules = rules(&json!({ "404": content("a/b"), "4XX": content("c/d"), "default": content("e/f") }));
    assert_eq!(judged(&rules, 404, "a/b", "x"), Ok(()));
    assert_eq!(judged(&rules, 404, "c/d", "x"), wrong(Kind::UndeclaredMediaType, ""));
    assert_eq!(judged(&rules, 400, "c/d", "x"), Ok(()));
    assert_eq!(judged(&rules, 200, "e/f", "x"), Ok(()));
}

#[test]
fn a_media_type_that_is_not_declared_is_found() {
    for media_type in ["text/html", "", "application/jsonp"] {
        assert_eq!(judged(&rules(&things()), 200, media_type, "{}"), wrong(Kind::UndeclaredMediaType, ""));
    }
    let rules = rules(&json!({ "200": { "description": "Nothing." }, "201": { "content": { "text/*": {} } } }));
    assert_eq!(judged(&rules, 200, "", ""), Ok(()));
    assert_eq!(judged(&rules, 200, JSON, "{}"), wrong(Kind::UndeclaredMediaType, ""));
    assert_eq!(judged(&rules, 201, "text/plain", "x"), Ok(()));
}

#[test]
fn what_is_not_json_is_found() {
    for body in ["", "{", "<p>", r#"{"id":1} x"#] {
        assert_eq!(thing(body), wrong(Kind::NotJson, ""), "{body}");
    }
}

#[test]
fn a_missing_field_is_found_where_it_should_be() {
    assert_eq!(thing(r#"{"id":1}"#), wrong(Kind::MissingField, "/owner"));
    assert_eq!(thing(r#"{"id":1,"owner":{}}"#), wrong(Kind::MissingField, "/owner/a~1b"));
}

#[test]
fn a_wrong_type_is_found_where_it_is() {
    assert_eq!(thing("[]"), wrong(Kind::WrongType, ""));
    assert_eq!(thing(r#"{"id":"1","owner":null}"#), wrong(Kind::WrongType, "/id"));
    assert_eq!(thing(r#"{"id":1,"owner":null,"tags":["x",7]}"#), wrong(Kind::WrongType, "/tags/1"));
    assert_eq!(thing(r#"{"id":1,"owner":7}"#), wrong(Kind::WrongType, "/owner"), "neither alternative");
    assert_eq!(thing(r#"{"id":1,"owner":{"a/b":7}}"#), wrong(Kind::WrongType, "/owner/a~1b"));
}

#[test]
fn anything_else_that_the_schema_refuses_is_other() {
    assert_eq!(thing(r#"{"id":1,"owner":null,"tags":["","","",""]}"#), wrong(Kind::Other, "/tags"));
}

#[test]
fn nothing_of_a_document_is_quoted_and_no_pointer_is_long() {
    let rules = rules(&things());
    let told = |body: String| rules.check(StatusCode::OK, JSON, body.as_bytes()).unwrap_err();
    for body in [r#"{"id":"secret","owner":null}"#, r#"{"id":1,"owner":"secret"}"#, "{secret", r#""secret""#] {
        let Violation { message, pointer, .. } = told(body.to_owned());
        assert!(!message.contains("secret") && !pointer.contains("secret"), "{body}: {message}");
    }
    let map = json!({ "content": { JSON: { "schema": { "additionalProperties": { "type": "string" } } } } });
    let rules = super::rules(&json!({ "200": map }));
    let body = json!({ "ü".repeat(10_000): 1 }).to_string();
    assert!(rules.check(StatusCode::OK, JSON, body.as_bytes()).unwrap_err().pointer.len() <= 256);
}

#[test]
fn a_schema_that_cannot_be_used_is_named() {
    let broken = |schema: Value| {
        let contract = contract(&json!({ "200": { "content": { JSON: { "schema": schema } } } }));
        Rules::compile(&contract, contract.operation("show_thing").unwrap()).unwrap_err().join("\n")
    };
    let elsewhere = broken(json!({ "$ref": "#/components/schemas/Nobody" }));
    assert!(elsewhere.starts_with("the schema of 200 `application/json` cannot be used: "), "{elsewhere}");
    let wrong = broken(json!({ "type": "number", "minimum": "three" }));
    assert!(wrong.starts_with("the schema of 200 `application/json` cannot be used: "), "{wrong}");
}

#[test]
fn a_success_that_is_not_json_is_a_stream() {
    let streams = |responses: Value| {
        let contract = contract(&responses);
        streamed(&contract, contract.operation("show_thing").unwrap())
    };
    assert_eq!(streams(things()), None);
    let events = json!({ "200": { "content": { JSON: {}, "text/event-stream": {} } } });
    assert_eq!(streams(events).as_deref(), Some("text/event-stream"));
}
