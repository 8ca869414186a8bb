//! What may be kept, and what ends because something newer may not.

use std::future::IntoFuture as _;

use http_body_util::BodyExt as _;
use serde_json::json;

use super::world::{Played, World, is_kept, version, wait, word};

const ROUTES_OF_THINGS: &str = r#"
[[route]]
match  = "GET /api/v1/things/{id}"
to     = "things.show_thing"
access = "anyone"
cache  = { scope = "public" }
"#;

fn absent(control: &str) -> Played {
    Played::ok(control).status(404).body("{}")
}

#[tokio::test]
async fn a_part_that_is_not_there_has_its_say_in_what_is_kept_of_the_whole() {
    let world = World::new().await;
    for (number, (control, kept)) in
        [("no-store, max-age=60", false), ("", false), ("private, max-age=60", false), ("max-age=60", true)]
            .into_iter()
            .enumerate()
    {
        world.script.plays(&format!("/things/{number}"), Played::ok("max-age=600"));
        world.script.plays(&format!("/profiles/{number}"), absent(control));
        let answer = world.get(&format!("/api/v1/both/{number}")).await.expect(200);
        assert_eq!(answer.json()["profile"], json!(null));
        assert_eq!(is_kept(&world, &format!("/both/{number}")).await, kept, "{control:?}");
    }
    let hit = world.get("/api/v1/both/3").await;
    let ttl: i64 = hit.header("cache-status").rsplit_once("ttl=").unwrap().1.parse().unwrap();
    assert!(ttl <= 10, "it may be there at any time: {ttl}");
}

#[tokio::test]
async fn the_groups_of_a_part_that_is_not_there_are_groups_of_the_whole() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=600"));
    world.script.plays("/profiles/1", absent("max-age=60").with("cache-groups", "\"user:7\""));
    world.get("/api/v1/both/1").await.expect(200);
    assert!(is_kept(&world, "/both/1").await);
    world.script.plays("/things", Played::ok("").status(201).with("cache-group-invalidation", "\"user:7\"").body("{}"));
    world.caller().post("/api/v1/things", &json!({})).await.expect(201);
    assert!(!is_kept(&world, "/both/1").await);
}

#[tokio::test]
async fn what_is_not_there_is_believed_for_ten_seconds_and_never_after_its_time() {
    let world = World::new().await;
    for (number, (age, kept)) in [("5", true), ("10", false), ("30", false)].into_iter().enumerate() {
        let path = format!("/timed/{number}");
        world.script.plays(&path, absent("max-age=60").with("age", age));
        world.get(&format!("/api/v1{path}")).await.expect(404);
        world.script.plays(&path, Played::ok("").status(503).body("{}"));
        let expected = if kept { 404 } else { 503 };
        assert_eq!(world.get(&format!("/api/v1{path}")).await.status, expected, "after {age} seconds");
    }
}

#[tokio::test]
async fn what_is_private_is_kept_for_users_and_not_for_strangers() {
    let world = World::new().await;
    world.script.plays("/profiles/1", Played::ok("private, max-age=60"));
    for (caller, expected) in [(world.caller(), "fwd=uri-miss"), (world.user("7"), "hit")] {
        caller.get("/api/v1/profiles/1").await.expect(200);
        assert_eq!(word(&caller.get("/api/v1/profiles/1").await), expected);
    }
}

#[tokio::test]
async fn a_newer_answer_that_is_not_kept_ends_the_older_one() {
    let world = World::new().await;
    // The last is not declared by the contract, so the gateway answers in its own words.
    let newer = [absent(""), absent("no-store"), Played::ok("no-store"), absent("").status(410)];
    for (number, newer) in newer.into_iter().enumerate() {
        let path = format!("/timed/{number}");
        let public = format!("/api/v1{path}");
        world.script.plays(&path, Played::ok("max-age=10, stale-while-revalidate=0").with("age", "20"));
        world.get(&public).await.expect(200);
        world.script.plays(&path, newer.clone());
        world.get(&public).await.expect(newer.status);
        world.script.plays(&path, Played::ok("").status(503).body("{}"));
        world.get(&public).await.expect(503);
    }
}

#[tokio::test]
async fn all_lines_of_a_field_are_kept_that_come_with_the_word_that_nothing_has_changed() {
    let world = World::new().await;
    let played = Played::ok("max-age=10").with("age", "20").with("etag", "\"1\"").with("link", "</old>; rel=next");
    world.script.plays("/timed/1", played.with("x-old", "1"));
    assert_eq!(version(&world.get("/api/v1/timed/1").await), 1);
    let news = Played::ok("must-revalidate").with("cache-control", "max-age=60").with("etag", "\"1\"");
    world.script.plays("/timed/1", news.with("link", "</a>; rel=next").with("link", "</b>; rel=prev"));
    let revalidated = world.caller().with_header("cache-control", "no-cache").get("/api/v1/timed/1").await;
    assert!(revalidated.header("cache-status").contains("fwd-status=304"), "{}", revalidated.header("cache-status"));
    let kept = world.get("/api/v1/timed/1").await;
    let lines = |name: &str| kept.headers.get_all(name).iter().cloned().collect::<Vec<_>>();
    assert_eq!((word(&kept).as_str(), version(&kept)), ("hit", 1));
    assert_eq!(lines("link"), ["</a>; rel=next", "</b>; rel=prev"]);
    assert_eq!(lines("cache-control"), ["must-revalidate", "max-age=60"]);
    assert_eq!(lines("x-old"), ["1"]);
}

#[tokio::test]
async fn a_request_that_is_at_fault_ends_nothing_that_is_kept() {
    let world = World::new().await;
    for status in [400, 406, 408, 412, 413, 414, 415, 416, 421, 422, 429, 431] {
        let path = format!("/timed/{status}");
        let public = format!("/api/v1{path}");
        world.script.plays(&path, Played::ok("max-age=60"));
        world.get(&public).await.expect(200);
        world.script.plays(&path, Played::ok("").status(status).body("{}"));
        let anew = world.caller().with_header("cache-control", "no-cache").get(&public).await;
        assert_eq!(anew.status, status);
        assert_eq!(word(&world.get(&public).await), "hit", "{status}");
    }
}

#[tokio::test]
async fn a_cookie_that_comes_with_the_word_that_nothing_has_changed_is_not_kept() {
    let world = World::new().await;
    world.script.plays("/timed/1", Played::ok("max-age=10").with("age", "20").with("etag", "\"1\""));
    world.get("/api/v1/timed/1").await.expect(200);
    world.script.plays("/timed/1", Played::ok("").with("etag", "\"1\"").with("set-cookie", "sid=1"));
    let revalidated = world.caller().with_header("cache-control", "no-cache").get("/api/v1/timed/1").await.expect(200);
    assert_eq!(revalidated.header("set-cookie"), "sid=1", "it is for the one who asked");
    world.script.plays("/timed/1", Played::ok("max-age=60").with("etag", "\"1\""));
    let other = world.get("/api/v1/timed/1").await.expect(200);
    assert_eq!((other.header("set-cookie"), version(&other)), ("", 4), "and was kept for nobody");
}

#[tokio::test]
async fn an_answer_that_depends_on_other_fields_is_not_the_one_that_is_kept() {
    let world = World::new().await;
    world
        .script
        .plays("/timed/1", Played::ok("max-age=10, stale-while-revalidate=0").with("age", "20").with("etag", "\"1\""));
    world.get("/api/v1/timed/1").await.expect(200);
    world.script.plays("/timed/1", Played::ok("max-age=60").with("etag", "\"1\"").with("vary", "accept-language"));
    let german = |name: &str| world.caller().with_header(name, "de");
    let anew = german("accept-language").with_header("cache-control", "no-cache").get("/api/v1/timed/1").await;
    assert_eq!(version(&anew), 3, "asked again without a condition");
    assert_eq!(word(&german("accept-language").get("/api/v1/timed/1").await), "hit");
    assert_ne!(word(&german("x-other").get("/api/v1/timed/1").await), "hit");
    // A service may say less with the word that nothing has changed.
    world.script.plays("/timed/1", Played::ok("max-age=60").with("etag", "\"1\""));
    let told = german("accept-language").with_header("cache-control", "no-cache").get("/api/v1/timed/1").await;
    assert!(told.header("cache-status").contains("fwd-status=304"), "{}", told.header("cache-status"));
}

#[tokio::test]
async fn a_refusal_ends_what_is_kept_for_the_one_who_is_refused_and_for_nobody_else() {
    let world = World::new().await;
    let refused = || Played::ok("").status(403).body("{}");
    world.script.plays("/origin/1", Played::ok("max-age=600"));
    world.get("/origin/1").await;
    world.script.plays("/origin/1", refused());
    world.caller().with_header("cache-control", "no-cache").get("/origin/1").await.expect(403);
    assert_eq!(word(&world.get("/origin/1").await), "hit");
    let user = world.user("7");
    world.script.plays("/mine", Played::ok("max-age=600"));
    user.get("/api/v1/mine").await.expect(200);
    world.script.plays("/mine", refused());
    assert_ne!(user.get("/api/v1/mine").header("cache-control", "no-cache").await.status, 200);
    assert_ne!(user.get("/api/v1/mine").await.status, 200);
}

#[tokio::test]
async fn what_could_not_be_kept_is_kept_as_soon_as_it_can_be() {
    let world = World::new().await;
    world.script.plays("/things/1", absent(""));
    world.get("/api/v1/things/1").await.expect(404);
    world.script.plays("/things/1", Played::ok("max-age=600"));
    assert_eq!(word(&world.get("/api/v1/things/1").await), "fwd=uri-miss");
    assert_eq!(word(&world.get("/api/v1/things/1").await), "hit");
}

#[tokio::test]
async fn of_two_answers_to_one_request_the_one_that_was_asked_for_later_is_given() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=60").with("vary", "accept-language"));
    let gate = world.script.gate("/things/1");
    let german = || world.caller().with_header("accept-language", "de");
    let slow = tokio::spawn(german().get("/api/v1/things/1").into_future());
    wait(&world, "the first is asked for", |world| world.calls() == 1).await;
    world.script.gate("/things/1").add_permits(1);
    world.script.plays("/things/1", Played::ok("max-age=60"));
    let later = world.caller().with_header("cache-control", "no-cache").get("/api/v1/things/1").await;
    gate.add_permits(1);
    let earlier = slow.await.unwrap();
    assert_ne!(version(&later), version(&earlier));
    assert_eq!(version(&german().get("/api/v1/things/1").await), version(&later));
}

#[tokio::test]
async fn a_slow_body_ends_nothing_and_is_not_called_large() {
    let brief =
        ROUTES_OF_THINGS.replace("things/{id}", "brief/{id}").replace("\naccess", "\ntimeout = \"300ms\"\naccess");
    let world = World::with("", &brief).await;
    world.script.plays("/things/1", Played::ok("max-age=600"));
    world.get("/api/v1/brief/1").await;
    let rest = world.script.gate("/things/1 rest");
    let asked = world.caller().get("/api/v1/brief/1").header("cache-control", "no-cache");
    let slow = asked.open().await;
    assert_eq!(slow.status(), 200);
    let status = slow.headers()["cache-status"].to_str().unwrap();
    assert_eq!(status, "agora; fwd=request; detail=\"slow\"");
    rest.add_permits(1);
    assert!(slow.into_body().collect().await.unwrap().to_bytes().ends_with(b"}"));
    assert_eq!(word(&world.get("/api/v1/brief/1").await), "hit");
}
