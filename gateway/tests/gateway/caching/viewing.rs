//! What only its viewer may see is asked for each request, beside an answer that everybody shares.

use serde_json::{Value, json};

use super::world::{Played, World, version, word};

const ROUTES: &str = r#"
[[route]]
match  = "GET /api/v1/lists/{id}"
to     = "things.show_list"
access = "anyone"
fields = true
cache  = { scope = "public", ttl = "60s" }
include.mark = { to = "things.batch_marks", viewer = true, join = { key = ".items[].id", as = "ids", on = ".id", take = ".mark" } }

[[route]]
match  = "GET /api/v1/viewed/{id}"
to     = "things.show_profile"
access = "anyone"
cache  = { scope = "viewer", ttl = "60s" }
include.viewer = { to = "things.show_thing", viewer = true }
include.more   = { to = "things.show_timed" }
parts.plain    = { to = "things.show_plain" }
"#;

const LIST: &str = "/api/v1/lists/1?include=mark";

async fn world() -> World {
    let world = World::with("", ROUTES).await;
    let list = json!({"items": [{"id": 1, "text": "a"}, {"id": 2, "text": "b"}]});
    world.script.plays("/lists/1", Played::ok("").with("etag", "\"v1\"").body(&list.to_string()));
    marks(&world, &json!({"items": [{"id": 1, "mark": {"liked": true}}]}));
    world
}

fn marks(world: &World, items: &Value) {
    world.script.plays("/internal/marks", Played::ok("max-age=600").body(&items.to_string()));
}

#[tokio::test]
async fn what_only_the_viewer_sees_is_added_to_what_all_share() {
    let world = world().await;
    let first = world.user("7").get(LIST).await.expect(200);
    assert_eq!(
        first.text(),
        r#"{"items":[{"id":1,"mark":{"liked":true},"text":"a"},{"id":2,"mark":null,"text":"b"}]}"#
    );
    assert_eq!((word(&first).as_str(), first.header("cache-control")), ("fwd=uri-miss", "private, no-cache"));
    assert_eq!(world.service.last().uri, "/internal/marks?ids=1,2");
    marks(&world, &json!({"items": []}));
    let other = world.user("8").get(LIST).await.expect(200);
    assert_eq!((word(&other).as_str(), &other.json()["items"][0]["mark"]), ("hit", &Value::Null));
    // Who does not ask for it shares the same, and so do strangers, for whom nobody is asked.
    let plain = world.user("7").get("/api/v1/lists/1").await.expect(200);
    assert_eq!((word(&plain).as_str(), &plain.json()["items"][0]), ("hit", &json!({"id": 1, "text": "a"})));
    let stranger = world.get(LIST).await.expect(200);
    assert_eq!((word(&stranger).as_str(), &stranger.json()["items"][0]["mark"]), ("hit", &Value::Null));
    assert_eq!((world.calls_to("/lists/1"), world.calls_to("/internal/marks")), (1, 2));
}

#[tokio::test]
async fn it_is_asked_for_in_the_name_of_each_caller_and_kept_for_none() {
    let world = world().await;
    for user in ["7", "8"] {
        let caller = world.user(user);
        let [first, second] =
            [caller.get("/api/v1/viewed/1?include=viewer").await, caller.get("/api/v1/viewed/1?include=viewer").await];
        assert_eq!((word(&first).as_str(), word(&second).as_str()), ("fwd=uri-miss", "hit"));
        for answer in [&first, &second] {
            assert_eq!(answer.json()["viewer"]["caller"]["sub"], *user);
        }
        assert_eq!(version(&first), version(&second));
        assert_ne!(first.json()["viewer"]["version"], second.json()["viewer"]["version"]);
    }
    let both = world.user("7").get("/api/v1/viewed/1?include=more,viewer").await.expect(200);
    assert_eq!((word(&both).as_str(), both.json()["more"].is_object()), ("fwd=uri-miss", true));
    assert_eq!(both.json()["viewer"]["caller"]["sub"], "7");
    let without = world.user("7").get("/api/v1/viewed/1?include=more").await.expect(200);
    assert_eq!((word(&without).as_str(), without.json().get("viewer")), ("hit", None));
}

#[tokio::test]
async fn a_client_chooses_fields_of_it_without_the_key_that_it_hangs_on() {
    let world = world().await;
    let caller = world.user("7");
    let chosen = caller.get("/api/v1/lists/1?fields=items.text,items.mark&include=mark").await.expect(200);
    assert_eq!(chosen.text(), r#"{"items":[{"mark":{"liked":true},"text":"a"},{"mark":null,"text":"b"}]}"#);
    let before = world.calls_to("/internal/marks");
    let chosen = caller.get("/api/v1/lists/1?fields=items.text&include=mark").await.expect(200);
    assert_eq!(chosen.text(), r#"{"items":[{"text":"a"},{"text":"b"}]}"#);
    assert_eq!(world.calls_to("/internal/marks"), before, "what is not wanted is not asked for");
    for query in ["include=mark,marc", "include=marc", "include=mark&fields=items.txt"] {
        caller.get(&format!("/api/v1/lists/1?{query}")).await.problem(400, "invalid_include");
    }
}

#[tokio::test]
async fn what_is_missing_of_it_spoils_nothing_that_is_kept() {
    let world = world().await;
    world.script.plays("/internal/marks", Played::ok("").status(503));
    let lost = world.user("7").get(LIST).await.expect(200);
    assert_eq!(lost.json()["items"][0], json!({"id": 1, "mark": null, "text": "a"}));
    assert_eq!(lost.json()["_parts"], json!([{"name": "mark", "state": "error", "code": "upstream_unavailable"}]));
    let told = (lost.header("gateway-parts"), lost.header("cache-control"));
    assert_eq!(told, ("mark;state=error;code=upstream_unavailable", "no-store"));
    assert_eq!(word(&world.get("/api/v1/lists/1").await), "hit");
    let strict = world.user("7").get(LIST).header("prefer", "handling=strict").await;
    strict.problem(503, "part_failed");
}

#[tokio::test]
async fn what_was_missing_before_is_listed_before_it() {
    let world = world().await;
    world.script.plays("/plain/1", Played::ok("").status(503));
    world.script.plays("/things/1", Played::ok("").status(500));
    let lost = world.user("7").get("/api/v1/viewed/1?include=viewer").await.expect(200);
    let code = "upstream_unavailable";
    let expected = json!([{"name": "plain", "state": "error", "code": code}, {"name": "viewer", "state": "error", "code": "part_failed"}]);
    assert_eq!(lost.json()["_parts"], expected);
    assert_eq!(
        lost.header("gateway-parts"),
        "plain;state=error;code=upstream_unavailable, viewer;state=error;code=part_failed"
    );
    let still = world.get("/api/v1/viewed/1?include=viewer").await.expect(200);
    assert_eq!(still.header("gateway-parts"), "plain;state=error;code=upstream_unavailable");
    assert_eq!((still.header("cache-control"), &still.json()["viewer"]), ("no-store", &Value::Null));
}

#[tokio::test]
async fn no_condition_hides_it_and_the_version_for_writes_stays() {
    let world = world().await;
    let first = world.user("7").get(LIST).await.expect(200);
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("\"v1~"), "{tag}");
    let again = world.user("7").get(LIST).header("if-none-match", &tag).await.expect(200);
    assert_eq!(again.json()["items"][0]["mark"], json!({"liked": true}));
    let head = world.user("7").call(http::Method::HEAD, LIST).await.expect(200);
    assert_eq!((head.text().as_str(), head.header("content-type")), ("", "application/json"));
    // What all share can be validated, and a service is shown its own tag.
    let plain = world.user("7").get("/api/v1/lists/1").header("if-none-match", &tag).await;
    assert_eq!((plain.status.as_u16(), plain.header("etag")), (304, tag.as_str()));
    world.user("7").put("/api/v1/things/1", &json!({})).header("if-match", &tag).await.expect(200);
    assert_eq!(world.service.last().header("if-match"), "\"v1\"");
}

#[tokio::test]
async fn an_error_is_answered_as_it_is() {
    let world = world().await;
    world.script.plays("/lists/1", Played::ok("").status(404).body("{}"));
    let before = world.calls_to("/internal/marks");
    let _ = world.user("7").get(LIST).await.expect(404);
    assert_eq!(world.calls_to("/internal/marks"), before);
}
