//! What a hostile client or a broken service could make of a composed route, and does not.

use serde_json::{Value, json};
use testkit::{Fault, Faulty, Raw, until};

use super::world::{Scripted, World, text};

const ROUTES: &str = r#"
[[route]]
match = "GET /home"
access = "anyone"
doc = { id = "show_home", summary = "Show the home page", tag = "Home" }
parts.me = { to = "people.show_me" }
parts.cart = { to = "shop.show_cart" }

[[route]]
match = "GET /texts"
to = "texts.list_texts"
access = "anyone"
fields = true
parts.twin = { to = "people.batch_names", join = { key = ".items[].title", as = "ids", on = ".name" } }

[[route]]
match = "GET /own/{id}"
to = "people.show_person"
access = "anyone"
finish = "{id: .id, viewer: $viewer}"
response_schema = '{"type":"object"}'

[[route]]
match = "POST /texts"
to = "texts.create_text"
access = "anyone"
parts.cart = { to = "shop.show_cart" }

[[route]]
match = "GET /named"
to = "people.show_by_name"
access = "anyone"
bind.name = "query:name"

[[route]]
match = "GET /people/{id}"
to = "people.show_person"
access = "anyone"
errors.not_found = { status = 410, detail = '"Gone: " + .detail' }
"#;

/// A part of 20 kB that is one value, and then more.
fn escaping() -> String {
    format!(r#"{{"x":"{}"}},"evil":{{"y":1}}"#, "a".repeat(20_000))
}

#[tokio::test]
async fn a_large_part_cannot_leave_its_place() {
    let world = World::with(ROUTES).await;
    for body in [escaping(), "{".repeat(20_000), format!(r#"{{"x":"{}"#, "a".repeat(20_000))] {
        world.script("shop", "/cart", Scripted::text("application/json", &body));
        let answer = world.caller().get("/home").await.expect(200).json();
        assert_eq!(answer.as_object().unwrap().keys().collect::<Vec<_>>(), ["me", "cart", "_parts"]);
        assert_eq!((&answer["cart"], &answer["_parts"][0]["code"]), (&Value::Null, &json!("upstream_invalid")));
    }
}

#[tokio::test]
async fn a_deep_answer_is_refused_before_anything_recurses_in_it() {
    let world = World::with(ROUTES).await;
    let deep = format!(r#"{{"items":{}{},"next_cursor":null}}"#, "[".repeat(100_000), "]".repeat(100_000));
    world.script("texts", "/texts", Scripted::text("application/json", &deep));
    world.caller().get("/texts?fields=items.id").await.problem(502, "upstream_invalid");
    world.script(
        "shop",
        "/cart",
        Scripted::text("application/json", &format!(r#"{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200))),
    );
    assert_eq!(world.caller().get("/home").await.expect(200).json()["cart"], Value::Null);
    let _ = world.caller().get("/livez").await.expect(200);
}

#[tokio::test]
async fn what_finish_cannot_read_does_not_pass_without_it() {
    let world = World::with(ROUTES).await;
    let secret = Scripted::json(200, &json!({"id": 4, "name": "secret", "team_id": 1}))
        .with("cache-control", "public, max-age=60")
        .with("last-modified", "Wed, 25 Nov 2026 00:00:00 GMT")
        .with("etag", "\"1\"");
    world.script("people", "/people/4", secret.clone());
    let fields = [("accept-encoding", "gzip"), ("range", "bytes=0-9"), ("if-none-match", "\"1\"")];
    let mut call = world.caller().get("/own/4");
    for (name, value) in fields {
        call = call.header(name, value);
    }
    let answer = call.await.expect(200);
    assert_eq!(answer.json(), json!({"id": 4, "viewer": null}));
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!((answer.header("last-modified"), answer.header("etag")), ("", ""));
    let sent = world.stub("people").last();
    assert!(fields.iter().all(|(name, _)| sent.header(name).is_empty()), "{:?}", sent.headers);
    world.script("people", "/people/4", secret.with("content-encoding", "gzip"));
    let answer = world.caller().get("/own/4").await;
    assert!(answer.status == 502 && !answer.text().contains("secret"), "{}", answer.sentence());
}

#[tokio::test]
async fn a_write_is_never_refused_for_want_of_a_part_and_never_made_by_head() {
    let world = World::with(ROUTES).await;
    world.script("shop", "/cart", Scripted::problem(500, "internal"));
    let call = world.caller().post("/texts", &json!({"title": "t"})).header("prefer", "handling=strict");
    let answer = call.await.expect(201);
    assert_eq!(answer.json()["_parts"][0]["name"], "cart");
    assert_eq!(answer.header("preference-applied"), "");
    let document = world.document().await;
    assert!(!document["paths"]["/texts"]["post"].to_string().contains("handling=strict"));
}

#[tokio::test]
async fn the_condition_of_a_write_reaches_the_service() {
    let world = World::with(ROUTES).await;
    let call = world.caller().post("/texts", &json!({"title": "t"})).header("if-none-match", "*");
    let _ = call.header("if-match", "\"1\"").header("accept-encoding", "gzip").await.expect(201);
    let sent = world.stub("texts").last();
    assert_eq!(
        [sent.header("if-none-match"), sent.header("if-match"), sent.header("accept-encoding")],
        ["*", "\"1\"", ""]
    );
    // It is none of what is asked beside it.
    let asked = world.stub("shop").last();
    assert_eq!([asked.header("if-none-match"), asked.header("if-match")], ["", ""]);
}

#[tokio::test]
async fn parts_beside_a_write_are_asked_when_it_has_been_made() {
    let texts = Faulty::start(Fault::Silent).await;
    let world = World::configured(ROUTES, "", &[("texts", texts.url())]).await;
    let mut raw = Raw::connect(world.gateway.address()).await;
    raw.send("POST /texts HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 13\r\n\r\n{\"title\":\"t\"}").await;
    until("the write is under way", std::time::Duration::from_secs(5), async || (texts.calls() == 1).then_some(()))
        .await;
    assert_eq!(raw.head().await.status(), 503);
    assert_eq!(world.stub("shop").calls(), 0);
}

#[tokio::test]
async fn a_value_never_leaves_its_segment_and_never_becomes_two() {
    let world = World::with(ROUTES).await;
    for value in ["..", "..%2F..%2Finternal%2Fpeople", "a%5Cb", "a%00b", ""] {
        let answer = world.caller().get(&format!("/named?name={value}")).await;
        assert!(answer.status.is_client_error(), "{}", answer.sentence());
    }
    world.caller().get("/named?name=a&name=b").await.problem(400, "invalid_parameter");
    assert_eq!(world.calls(), [0, 0, 0]);
    world.caller().get("/named?name=A%20%26%20%3F&x=1").await.expect(200);
    assert_eq!(world.stub("people").last().uri, "/by-name/A%20%26%20%3F?x=1");
}

#[tokio::test]
async fn a_key_that_cannot_be_sent_spoils_no_other() {
    let world = World::with(ROUTES).await;
    let titles = ["Ada,Bob".to_owned(), "k".repeat(10_000), "Ada".to_owned()];
    let items = titles.iter().map(|title| json!({"id": 1, "author_id": 1, "title": title}));
    world.script(
        "texts",
        "/texts",
        Scripted::json(200, &json!({"items": items.collect::<Vec<_>>(), "next_cursor": null})),
    );
    let answer = world.get("/texts").await.expect(200);
    assert_eq!(world.stub("people").last().uri.query(), Some("ids=Ada"));
    let body = answer.json();
    let twins: Vec<&Value> = body["items"].as_array().unwrap().iter().map(|item| &item["twin"]["name"]).collect();
    assert_eq!(twins, [&Value::Null, &Value::Null, &json!("Ada")]);
    assert_eq!(answer.header("gateway-parts"), "");
}

#[tokio::test]
async fn many_long_keys_are_more_calls_and_not_one_that_no_server_takes() {
    let world = World::with(ROUTES).await;
    let items = (0..60).map(|number| json!({"id": 1, "author_id": 1, "title": format!("{number:0>500}x")}));
    world.script(
        "texts",
        "/texts",
        Scripted::json(200, &json!({"items": items.collect::<Vec<_>>(), "next_cursor": null})),
    );
    world.get("/texts").await.expect(200);
    let lengths: Vec<usize> = world.stub("people").requests().iter().map(|r| r.uri.to_string().len()).collect();
    assert!(lengths.len() >= 5 && lengths.iter().all(|length| *length < 8000), "{lengths:?}");
}

#[tokio::test]
async fn errors_are_told_in_the_same_words_whatever_the_client_asks_for() {
    let world = World::with(ROUTES).await;
    let gone =
        Scripted { media_type: "application/problem+json; charset=utf-8", ..Scripted::problem(404, "not_found") };
    world.script("people", "/people/4", gone);
    let answer = world.caller().get("/people/4").header("accept-encoding", "gzip").await.expect(410);
    assert_eq!(answer.json()["detail"], "Gone: theirs");
    assert_eq!(world.stub("people").last().header("accept-encoding"), "");
    let _ = world.caller().call(http::Method::HEAD, "/people/4").await.expect(410);
    assert!(world.document().await["paths"]["/people/{id}"]["get"]["responses"]["410"].is_object());
}

#[tokio::test]
async fn an_encoded_name_of_a_choice_is_that_choice() {
    let world = World::with(ROUTES).await;
    world.caller().get("/texts?%66ields=nonsense").await.problem(400, "invalid_include");
    let answer = world.caller().get("/texts?%66ields=next_cursor").await.expect(200);
    assert_eq!(answer.text(), r#"{"next_cursor":null}"#);
    assert_eq!(world.stub("texts").last().uri, "/texts");
}

#[tokio::test]
async fn a_degraded_answer_is_counted_for_its_route() {
    let world = World::with(ROUTES).await;
    world.gateway.upstream("shop").sever(true);
    let _ = world.caller().get("/home").await.expect(200);
    let metrics = testkit::Caller::new(world.gateway.admin).get("/metrics").await.text();
    assert!(metrics.contains("agora_degraded_answers_total{route=\"GET /home\"} 1\n"), "{metrics}");
}

#[tokio::test]
async fn what_all_parts_answer_together_is_bounded() {
    let world = World::configured(ROUTES, "limits.composed_bytes = \"1KiB\"", &[]).await;
    let large = json!({"items": [], "total": 0, "padding": "p".repeat(3000)});
    world.script("shop", "/cart", Scripted::json(200, &large));
    let answer = world.caller().get("/home").await.expect(200).json();
    assert_eq!(answer["_parts"][0]["code"], "upstream_invalid", "{answer}");
    let page = json!({"items": [text(1)], "next_cursor": "c".repeat(1500)});
    world.script("texts", "/texts", Scripted::json(200, &page));
    world.caller().get("/texts").await.problem(502, "upstream_invalid");
}
