//! The chain of a part: fresh, else an older answer, else its fallback, else null, else no answer at all.

use serde_json::json;

use super::world::{Played, World};

const ROUTES: &str = r#"
[[route]]
match  = "GET /api/v1/page/{id}"
access = "anyone"
doc    = { id = "show_page", summary = "Show a page", tag = "Pages" }
parts.thing   = { to = "things.show_thing", required = true, stale_if_error = "5m" }
parts.profile = { to = "things.show_profile", stale_if_error = "5m", otherwise = '{}' }
parts.timed   = { to = "things.show_timed" }
"#;

async fn world() -> World {
    World::with("", ROUTES).await
}

#[tokio::test]
async fn an_older_answer_stands_in_for_a_part_that_is_not_to_be_had() {
    let world = world().await;
    let whole = world.get("/api/v1/page/1").await.expect(200).json();
    assert_eq!(whole.get("_parts"), None);
    for status in [500, 502, 503, 504] {
        for path in ["/things/1", "/profiles/1"] {
            world.script.plays(path, Played::ok("").status(status));
        }
        let answer = world.get("/api/v1/page/1").await.expect(200);
        let page = answer.json();
        assert_eq!((&page["thing"], &page["profile"]), (&whole["thing"], &whole["profile"]), "{status}");
        let states: Vec<_> = page["_parts"].as_array().unwrap().iter().map(|part| part["state"].clone()).collect();
        assert_eq!(states, [json!("stale"), json!("stale")]);
        assert!(answer.header("gateway-parts").starts_with("thing;state=stale;code="), "{}", answer.sentence());
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn what_was_never_answered_has_its_fallback_or_ends_the_request() {
    let world = world().await;
    world.script.plays("/profiles/1", Played::ok("").status(503));
    let page = world.get("/api/v1/page/1").await.expect(200).json();
    assert_eq!((&page["profile"], &page["_parts"][0]["state"]), (&json!({}), &json!("default")));
    world.script.plays("/things/2", Played::ok("").status(503));
    world.get("/api/v1/page/2").await.problem(503, "upstream_unavailable");
}

#[tokio::test]
async fn whoever_wants_a_whole_answer_gets_no_older_one() {
    let world = world().await;
    world.get("/api/v1/page/1").await.expect(200);
    world.script.plays("/things/1", Played::ok("").status(503));
    let strict = world.caller().with_header("prefer", "handling=strict").get("/api/v1/page/1").await;
    strict.problem(503, "part_failed");
}

#[tokio::test]
async fn an_older_answer_is_its_callers_own() {
    let world = world().await;
    world.user("7").get("/api/v1/page/1").await.expect(200);
    world.script.plays("/things/1", Played::ok("").status(503));
    let own = world.user("7").get("/api/v1/page/1").await.expect(200).json();
    assert_eq!((&own["thing"]["caller"]["sub"], &own["_parts"][0]["state"]), (&json!("7"), &json!("stale")));
    for other in [world.user("8"), world.caller(), world.user_with("7", "another", &["admin"])] {
        other.get("/api/v1/page/1").await.problem(503, "upstream_unavailable");
    }
}

#[tokio::test]
async fn an_older_answer_that_may_not_stand_in_does_not() {
    let world = world().await;
    let cases = [
        Played::ok("no-store"),
        Played::ok("must-revalidate"),
        Played::ok("no-cache"),
        Played::ok("s-maxage=5"),
        Played::ok("private"),
        Played::ok("").with("set-cookie", "a=1"),
        Played::ok("").with("vary", "*"),
        Played::ok("stale-if-error=5").with("age", "9"),
    ];
    for (number, played) in cases.into_iter().enumerate() {
        let (path, page) = (format!("/things/{number}"), format!("/api/v1/page/{number}"));
        world.script.plays(&path, played.clone());
        world.get(&page).await.expect(200);
        world.script.plays(&path, Played::ok("").status(503));
        let answer = world.get(&page).await;
        assert_eq!(answer.status, 503, "{played:?}: {}", answer.sentence());
    }
}

#[tokio::test]
async fn what_a_write_has_ended_does_not_come_back() {
    let world = world().await;
    world.script.plays("/things/1", Played::ok("").with("cache-groups", "\"user:7\""));
    world.get("/api/v1/page/1").await.expect(200);
    world.script.plays("/things", Played::ok("").status(201).with("cache-group-invalidation", "\"user:7\"").body("{}"));
    world.caller().post("/api/v1/things", &json!({})).await.expect(201);
    world.script.plays("/things/1", Played::ok("").status(503));
    world.get("/api/v1/page/1").await.problem(503, "upstream_unavailable");
}

#[tokio::test]
async fn an_error_of_the_caller_is_no_reason_for_an_older_answer() {
    let world = world().await;
    world.get("/api/v1/page/1").await.expect(200);
    world.script.plays("/profiles/1", Played::ok("").status(404).body("{}"));
    let page = world.get("/api/v1/page/1").await.expect(200).json();
    assert_eq!((&page["profile"], page.get("_parts")), (&json!(null), None));
}
