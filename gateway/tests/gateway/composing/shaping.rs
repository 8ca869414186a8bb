//! Requests and answers that are made into others.

use serde_json::json;

use super::world::{Scripted, World};

const OLDER: &str = r#"
[[route]]
match = "POST /older/texts"
to = "texts.create_text"
access = "anyone"
request = "{title: .headline}"
response = "{created: true, number: .id}"
status = 200
headers.X-Number = "body:.number"
errors.conflict = { status = 400, detail = '"There is one already: " + .detail' }
errors.upstream_unavailable = { status = 500, detail = '"Out of order"' }
response_schema = '{"type":"object"}'

[[route]]
match = "GET /older/texts/{number}"
to = "texts.show_text"
access = "anyone"
bind.id = "path:number"
rename = { title = "headline" }
omit = ["author_id"]

[[route]]
match = "GET /older/list"
to = "texts.list_texts"
access = "anyone"
bind.limit = "query:count"
response = ".items | map({number: .id, headline: .title})"

[[route]]
match = "GET /older/mine"
to = "texts.list_texts"
access = "anyone"
pick = ["items[].id"]
finish = "{items: .items, viewer: $viewer, base: $base}"
response_schema = '{"type":"object"}'
"#;

#[tokio::test]
async fn a_body_is_made_into_what_the_operation_reads_and_the_answer_into_what_the_client_knows() {
    let world = World::with(OLDER).await;
    let answer = world.send(world.caller().post("/older/texts", &json!({"headline": "One"}))).await.expect(200);
    assert_eq!(answer.text(), r#"{"created":true,"number":1}"#);
    assert_eq!(answer.header("x-number"), "1");
    let sent = world.stub("texts").last();
    assert_eq!((sent.method.as_str(), sent.body.as_slice()), ("POST", br#"{"title":"One"}"#.as_slice()));
    assert_eq!(sent.header("content-type"), "application/json");
}

#[tokio::test]
async fn errors_are_told_in_the_words_of_the_route_the_gateways_own_too() {
    let world = World::with(OLDER).await;
    world.script("texts", "/texts", Scripted::problem(409, "conflict"));
    let answer = world.send(world.caller().post("/older/texts", &json!({"headline": "One"}))).await.expect(400);
    let problem = answer.json();
    assert_eq!(
        (&problem["detail"], &problem["status"], &problem["code"]),
        (&json!("There is one already: theirs"), &json!(400), &json!("conflict"))
    );
    world.gateway.upstream("texts").sever(true);
    let answer = world.send(world.caller().post("/older/texts", &json!({"headline": "One"}))).await;
    let problem = answer.problem(500, "upstream_unavailable");
    assert_eq!(problem["detail"], "Out of order");
}

#[tokio::test]
async fn a_body_that_the_program_cannot_read_is_the_clients_mistake() {
    let world = World::with(OLDER).await;
    let post = |media_type: &str, body: &'static str| {
        world.caller().call(http::Method::POST, "/older/texts").body(media_type, body)
    };
    post("application/json", "[1]").await.problem(422, "validation_failed");
    post("application/json", "{").await.problem(400, "malformed_json");
    post("text/plain", "hello").await.problem(415, "unsupported_media_type");
    assert_eq!(world.calls(), [0, 0, 0]);
}

#[tokio::test]
async fn a_form_is_an_object_to_the_program() {
    let world = World::with(OLDER).await;
    let call = world.caller().call(http::Method::POST, "/older/texts").form(&[("headline", "A & B"), ("more", "1")]);
    world.send(call).await.expect(200);
    assert_eq!(world.stub("texts").last().body, br#"{"title":"A & B"}"#);
}

#[tokio::test]
async fn fields_are_renamed_and_left_out_where_they_are() {
    let world = World::with(OLDER).await;
    world.script(
        "texts",
        "/texts/9",
        Scripted::text("application/json", r#"{"id":9.0,"author_id":3,"title":"T","more":[1, 2]}"#),
    );
    let answer = world.get("/older/texts/9").await.expect(200);
    assert_eq!(answer.text(), r#"{"id":9.0,"headline":"T","more":[1, 2]}"#);
}

#[tokio::test]
async fn values_are_bound_and_lists_are_mapped() {
    let world = World::with(OLDER).await;
    let answer = world.get("/older/list?count=2&other=x").await.expect(200);
    assert_eq!(answer.json()[0], json!({"number": 1, "headline": "Text 1"}));
    assert_eq!(world.stub("texts").last().uri, "/texts?limit=2&other=x");
}

#[tokio::test]
async fn what_is_finished_knows_the_viewer() {
    let world = World::with(OLDER).await;
    let body = world.get("/older/mine").await.expect(200).json();
    assert_eq!(body, json!({"items": [{"id": 1}, {"id": 2}, {"id": 3}], "viewer": null, "base": ""}));
}

#[tokio::test]
async fn a_program_that_fails_on_an_answer_is_502_and_never_half_an_answer() {
    let world = World::with(OLDER).await;
    for body in [r#"{"items":7}"#, r#"{"items":[1]}"#, "nonsense", r#"{"items":[{"id":1}]"#] {
        world.script("texts", "/texts", Scripted::text("application/json", body));
        let answer = world.get("/older/list").await;
        answer.problem(502, "transform_failed");
        assert_ne!(answer.status, 500);
    }
    world.script("texts", "/texts", Scripted::text("text/html", "<p>"));
    world.get("/older/list").await.problem(502, "upstream_invalid");
}
