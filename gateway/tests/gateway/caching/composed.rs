//! What is kept of answers that are made of several, or made into others.

use serde_json::json;

use super::world::{Played, World, word};

const ROUTES: &str = r#"
[[route]]
match  = "GET /api/v1/joined/{id}"
to     = "things.show_thing"
access = "anyone"
cache  = { scope = "viewer", ttl = "60s", stale_if_error = "5m" }
parts.profile = { to = "things.show_profile" }

[[route]]
match  = "GET /api/v1/page/{id}"
access = "anyone"
doc    = { id = "show_page", summary = "Show a page", tag = "Pages" }
parts.thing = { to = "things.show_thing", required = true, stale_if_error = "5m" }

[[route]]
match  = "GET /api/v1/shaped/{id}"
to     = "things.show_list"
access = "anyone"
cache  = { scope = "public", ttl = "60s" }
response        = "{one: .items}"
response_schema = '{"type":"object"}'

[[route]]
match  = "GET /api/v1/owned/{id}"
to     = "things.show_plain"
access = "anyone"
cache  = { scope = "viewer", ttl = "60s" }
bind.a = "part:who:.version"
parts.who = { to = "things.show_profile", required = true, aside = true }
"#;

async fn world() -> World {
    World::with("", ROUTES).await
}

fn down() -> Played {
    Played::ok("").status(503).body("{}")
}

#[tokio::test]
async fn what_lacks_a_part_is_not_kept_whatever_its_main_part_says_to_gateways() {
    let world = world().await;
    world.script.plays("/things/1", Played::ok("max-age=60").with("cdn-cache-control", "max-age=600"));
    world.script.plays("/profiles/1", down());
    let lacking = world.get("/api/v1/joined/1").await.expect(200);
    assert_eq!((lacking.header("cache-control"), lacking.header("cdn-cache-control")), ("no-store", ""));
    world.script.plays("/profiles/1", Played::ok(""));
    let whole = world.get("/api/v1/joined/1").await;
    assert!(whole.json()["profile"].is_object() && word(&whole).starts_with("fwd="), "{}", whole.text());
    assert_eq!(word(&world.get("/api/v1/joined/1").await), "hit");
}

#[tokio::test]
async fn a_whole_is_as_old_as_its_oldest_part_and_no_longer_stale_than_each_allows() {
    let world = world().await;
    let part = |age| Played::ok("max-age=60, stale-if-error=5").with("age", age);
    world.script.plays("/things/1", part("20"));
    world.script.plays("/profiles/1", part("30"));
    world.get("/api/v1/joined/1").await.expect(200);
    let hit = world.get("/api/v1/joined/1").await;
    assert_eq!((word(&hit).as_str(), hit.header("age")), ("hit", "30"));
    for (number, allowed, kept) in [(2, "", true), (3, ", stale-if-error=0", false), (4, ", must-revalidate", false)] {
        world.script.plays(&format!("/things/{number}"), Played::ok(&format!("max-age=10{allowed}")).with("age", "20"));
        world.script.plays(&format!("/profiles/{number}"), Played::ok("max-age=10").with("age", "20"));
        let answer = world.get(&format!("/api/v1/joined/{number}")).await.expect(200);
        assert_eq!(answer.header("cache-status").ends_with("; stored"), kept, "{allowed}");
    }
}

#[tokio::test]
async fn what_was_asked_before_has_a_part_in_the_words_of_the_main_part() {
    let world = world().await;
    world.script.plays("/profiles/1", Played::ok("max-age=600").with("cache-groups", "\"user:7\""));
    world.script.plays("/plain/1", Played::ok("max-age=600").status(404).body("{}"));
    world.get("/api/v1/owned/1").await.expect(404);
    assert_eq!(word(&world.get("/api/v1/owned/1").await), "hit");
    world.script.plays("/things", Played::ok("").status(201).with("cache-group-invalidation", "\"user:7\"").body("{}"));
    world.caller().post("/api/v1/things", &json!({})).await.expect(201);
    assert_eq!(word(&world.get("/api/v1/owned/1").await), "fwd=uri-miss");
}

#[tokio::test]
async fn what_a_part_answered_before_a_write_does_not_stand_in_after_it() {
    let world = world().await;
    assert_eq!(world.get("/api/v1/page/1").await.expect(200).json()["thing"]["version"], 1);
    world.script.plays("/things/1", down());
    assert_eq!(world.get("/api/v1/page/1").await.expect(200).json()["thing"]["version"], 1);
    world.script.plays("/things/1", Played::ok(""));
    world.caller().put("/api/v1/things/1", &json!({})).await.expect(200);
    world.script.plays("/things/1", down());
    world.get("/api/v1/page/1").await.expect(503);
}

#[tokio::test]
async fn what_stands_in_for_a_part_is_what_it_answered_last() {
    let world = world().await;
    let otherwise =
        [Played::ok("").status(404).body("{}"), Played::ok("").status(403).body("{}"), Played::ok("no-store")];
    for (number, otherwise) in otherwise.into_iter().enumerate() {
        let (public, own) = (format!("/api/v1/page/{number}"), format!("/things/{number}"));
        world.get(&public).await.expect(200);
        world.script.plays(&own, otherwise);
        world.get(&public).await;
        world.script.plays(&own, down());
        world.get(&public).await.expect(503);
    }
}

#[tokio::test]
async fn the_tag_of_what_was_made_of_an_answer_is_another_one_when_it_is_made_otherwise() {
    let world = world().await;
    world.script.plays("/lists/1", Played::ok("max-age=60").with("etag", "\"7\"").body("{\"items\":[]}"));
    let one = world.get("/api/v1/shaped/1").await;
    let tag = one.header("etag").to_owned();
    assert!(tag.starts_with("\"7~"), "a write wants the version: {tag}");
    let known = || world.caller().with_header("if-none-match", &tag);
    known().get("/api/v1/shaped/1").await.expect(304);
    world.reload("routes/things.toml", |text| text.replace("{one: .items}", "{two: .items}")).await.expect(200);
    assert_eq!(known().get("/api/v1/shaped/1").await.expect(200).text(), "{\"two\":[]}");
}
