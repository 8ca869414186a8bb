//! Parts: side by side, one after the other, with and without a main one.

use serde_json::json;
use testkit::Answer;

use super::world::{Scripted, World, person, text};

const HOME: &str = r#"
[[route]]
match = "GET /home"
access = "anyone"
doc = { id = "show_home", summary = "Show the home page", tag = "Home" }
parts.me = { to = "people.show_me", required = true }
parts.feed = { to = "texts.list_texts", query.limit = "20", required = true }
parts.cart = { to = "shop.show_cart", query.status = "pending", otherwise = '{"items":[],"total":0}' }
"#;

#[tokio::test]
async fn parts_stand_under_their_names_in_the_order_of_the_file() {
    let world = World::with(HOME).await;
    let answer = world.get("/home").await.expect(200);
    let expected = json!({
        "me": person(7),
        "feed": {"items": [text(1), text(2), text(3)], "next_cursor": null},
        "cart": {"items": [{"buyer_id": 7}], "total": 999},
    });
    assert_eq!(answer.text(), expected.to_string());
    assert_eq!((answer.media_type(), answer.header("gateway-parts")), ("application/json", ""));
    assert_eq!(world.calls(), [1, 1, 1]);
    assert_eq!(world.stub("texts").last().uri, "/texts?limit=20");
    assert_eq!(world.stub("shop").last().uri, "/cart?status=pending");
}

#[tokio::test]
async fn a_part_that_fails_leaves_its_fallback_and_the_answer_says_so() {
    let world = World::with(HOME).await;
    world.script("shop", "/cart", Scripted::problem(500, "internal"));
    let answer = world.get("/home").await.expect(200);
    let body = answer.json();
    assert_eq!(body["cart"], json!({"items": [], "total": 0}));
    assert_eq!(body["_parts"], json!([{"name": "cart", "state": "default", "code": "part_failed"}]));
    assert_eq!(answer.header("gateway-parts"), "cart;state=default;code=part_failed");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_client_may_want_all_or_nothing() {
    let world = World::with(HOME).await;
    let strict = |world: &World| world.caller().get("/home").header("prefer", "respond-async, handling=\"strict\"");
    let whole = strict(&world).await.expect(200);
    assert_eq!(whole.header("preference-applied"), "handling=strict");
    world.script("shop", "/cart", Scripted::problem(500, "internal"));
    let answer = strict(&world).await;
    answer.problem(503, "part_failed");
    assert_ne!(answer.header("retry-after"), "");
}

#[tokio::test]
async fn a_required_part_that_fails_is_the_answer() {
    for (status, expected, code) in [
        (500, 502, "part_failed"),
        (501, 502, "part_failed"),
        (502, 502, "part_failed"),
        (504, 502, "part_failed"),
        (503, 503, "upstream_unavailable"),
        (429, 503, "upstream_unavailable"),
        (401, 502, "identity_rejected"),
        (404, 404, "not_found"),
        (403, 502, "part_failed"),
        (302, 502, "part_failed"),
    ] {
        let world = World::with(HOME).await;
        world.script("people", "/people/me", Scripted::problem(status, "internal"));
        let answer = world.get("/home").await;
        answer.problem(expected, code);
        assert_eq!(answer.header("retry-after").is_empty(), expected != 503, "{status}");
        assert!(!answer.text().contains("theirs"), "{}", answer.sentence());
        let calls = if matches!(status, 502..=504) { 2 } else { 1 };
        assert_eq!(world.stub("people").calls(), calls, "{status}");
    }
}

const PROFILE: &str = r#"
[[route]]
match = "GET /people/{id}"
to = "people.show_person"
access = "anyone"
parts.texts_count = { to = "texts.count_texts", bind.author_id = "part:main:.id", response = ".count" }
"#;

#[tokio::test]
async fn a_part_is_asked_for_what_another_one_answers() {
    let world = World::with(PROFILE).await;
    let answer = world.get("/people/4").await.expect(200);
    assert_eq!(answer.text(), r#"{"id":4,"name":"Person 4","team_id":1,"texts_count":40}"#);
    assert_eq!(world.stub("texts").last().uri, "/counts/4");
}

#[tokio::test]
async fn an_optional_part_that_fails_is_null_and_one_that_is_not_found_is_no_failure() {
    let world = World::with(PROFILE).await;
    world.script("texts", "/counts/4", Scripted::problem(404, "not_found"));
    let answer = world.get("/people/4").await.expect(200);
    assert_eq!(answer.text(), r#"{"id":4,"name":"Person 4","team_id":1,"texts_count":null}"#);
    assert_eq!(answer.header("gateway-parts"), "");
    world.script("texts", "/counts/4", Scripted::text("text/html", "<h1>40</h1>"));
    let answer = world.get("/people/4").await.expect(200);
    let lost = r#"{"id":4,"name":"Person 4","team_id":1,"texts_count":null,"_parts":[{"name":"texts_count","state":"error","code":"upstream_invalid"}]}"#;
    assert_eq!(answer.text(), lost);
}

#[tokio::test]
async fn a_main_part_that_is_not_there_is_answered_as_on_a_plain_route() {
    let world = World::with(PROFILE).await;
    world.script("people", "/people/4", Scripted::problem(404, "not_found"));
    let answer = world.get("/people/4").await.expect(404);
    assert!(answer.text().contains("theirs"), "{}", answer.sentence());
    assert_eq!(world.calls(), [1, 0, 0]);
    world.gateway.upstream("people").sever(true);
    let answer: Answer = world.get("/people/4").await;
    answer.problem(503, "upstream_unavailable");
    assert_eq!(answer.header("proxy-status"), "agora; error=connection_refused");
}
