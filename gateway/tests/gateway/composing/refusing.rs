//! What a client has sent and a part does not take is the client's mistake, and nothing else is.

use serde_json::json;
use testkit::Answer;

use super::world::{Scripted, World};

const FOUND: &str = r#"
[[route]]
match = "GET /search"
access = "anyone"
doc = { id = "search", summary = "Search", tag = "Search" }
parts.texts = { to = "texts.find_texts", bind.q = "query:words", bind.cursor = "query:after" }
parts.person = { to = "people.show_me" }

[[route]]
match = "GET /both"
access = "anyone"
doc = { id = "both", summary = "Search", tag = "Search" }
parts.texts = { to = "texts.find_texts", bind.cursor = "query:after" }
parts.person = { to = "people.show_me", required = true }

[[route]]
match = "POST /texts"
to = "texts.create_text"
access = "anyone"
parts.others = { to = "texts.find_texts", bind.cursor = "query:after" }

[[route]]
match = "GET /people/{person}/texts"
access = "anyone"
doc = { id = "of_person", summary = "Search", tag = "Search" }
parts.person = { to = "people.show_person", bind.id = "path:person", required = true }
parts.texts = { to = "texts.find_texts", bind.q = "part:person:.name", bind.cursor = "query:after", required = true }
"#;

/// A problem of a service about this parameter, or about none.
fn refusal(code: &str, parameter: Option<&str>) -> Scripted {
    let mut scripted = Scripted::problem(400, code);
    if let Some(name) = parameter {
        let mut body: serde_json::Value = serde_json::from_str(&scripted.body).unwrap();
        body["errors"] = json!([{"pointer": name, "code": "too_odd", "message": "Not so odd."}]);
        scripted.body = body.to_string();
    }
    scripted
}

fn first(answer: &Answer) -> (String, String) {
    let problem = answer.json();
    let text = |name: &str| problem["errors"][0][name].as_str().unwrap_or_default().to_owned();
    (text("pointer"), text("code"))
}

fn error(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}

#[tokio::test]
async fn what_no_part_may_be_sent_is_refused_before_anything_is_asked() {
    let world = World::with(FOUND).await;
    let _ = world.get(&format!("/search?words={}", "%C3%A4".repeat(10))).await.expect(200);
    let before = world.calls();
    let answer = world.get(&format!("/search?words={}", "%C3%A4".repeat(11))).await;
    answer.problem(400, "invalid_parameter");
    assert_eq!(first(&answer), error("words", "too_long"));
    let answer = world.get("/people/x/texts").await;
    answer.problem(400, "invalid_parameter");
    assert_eq!(first(&answer), error("person", "invalid_value"));
    assert_eq!(world.calls(), before);
}

#[tokio::test]
async fn what_a_required_part_refuses_of_the_request_is_refused_under_the_name_that_the_client_has_for_it() {
    let world = World::with(FOUND).await;
    world.script("texts", "/found", refusal("invalid_parameter", Some("cursor")));
    let answer = world.get("/people/7/texts?after=x").await;
    answer.problem(400, "invalid_parameter");
    assert_eq!(first(&answer), error("after", "too_odd"));
    assert!(!answer.text().contains("theirs"), "{}", answer.sentence());
    world.script("texts", "/found", refusal("invalid_cursor", None));
    world.get("/people/7/texts?after=x").await.problem(400, "invalid_cursor");
}

#[tokio::test]
async fn what_a_part_refuses_that_the_client_has_not_sent_is_no_mistake_of_the_client() {
    let world = World::with(FOUND).await;
    for scripted in [
        refusal("invalid_parameter", Some("q")),
        refusal("validation_failed", Some("cursor")),
        Scripted::text("text/plain", "no"),
        Scripted { status: 400, ..Scripted::text("text/plain", "no") },
    ] {
        world.script("texts", "/found", scripted);
        let answer = world.get("/people/7/texts?after=x").await;
        assert_eq!(answer.status, 502, "{}", answer.sentence());
    }
    world.script("texts", "/found", refusal("invalid_cursor", None));
    world.get("/people/7/texts").await.problem(502, "part_failed");
}

#[tokio::test]
async fn an_optional_part_that_refuses_what_the_client_has_sent_is_not_left_out() {
    let world = World::with(FOUND).await;
    world.script("texts", "/found", refusal("invalid_cursor", None));
    world.get("/search?after=x").await.problem(400, "invalid_cursor");
    let body = world.get("/search").await.expect(200).json();
    assert_eq!(body["_parts"], json!([{"name": "texts", "state": "error", "code": "part_failed"}]));
}

#[tokio::test]
async fn a_required_part_that_fails_comes_before_one_that_refuses() {
    let world = World::with(FOUND).await;
    world.script("texts", "/found", refusal("invalid_cursor", None));
    world.script("people", "/people/me", Scripted::problem(500, "internal"));
    world.get("/both?after=x").await.problem(502, "part_failed");
}

#[tokio::test]
async fn what_has_been_written_is_not_refused_any_more() {
    let world = World::with(FOUND).await;
    world.script("texts", "/found", refusal("invalid_cursor", None));
    let answer = world.send(world.caller().post("/texts?after=x", &json!({"title": "x"}))).await.expect(201);
    assert_eq!(answer.header("gateway-parts"), "others;state=error;code=invalid_cursor");
}
