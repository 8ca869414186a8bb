//! What is kept and what is not, seen from outside.

use super::world::{Played, World, version, word};

/// How often the service is called for two requests for the same.
async fn calls_for_two(world: &World, path: &str, played: Played) -> usize {
    world.script.plays(path, played);
    let before = world.calls();
    let public = format!("/api/v1{path}");
    for _ in 0..2 {
        let answer = world.get(&public).await;
        assert!(answer.status.as_u16() < 500, "{}", answer.sentence());
    }
    world.calls() - before
}

#[tokio::test]
async fn a_fresh_answer_is_given_again_as_it_was() {
    let world = World::new().await;
    let played = Played::ok("max-age=100").with("etag", "\"v1\"").with("x-own", "1").with("age", "7");
    world.script.plays("/things/1", played);
    let (first, second) = (world.get("/api/v1/things/1").await, world.get("/api/v1/things/1").await);
    assert_eq!(word(&first), "fwd=uri-miss");
    assert!(first.header("cache-status").ends_with("; fwd-status=200; stored"), "{}", first.header("cache-status"));
    assert_eq!(word(&second), "hit");
    assert_eq!((first.text(), world.calls()), (second.text(), 1));
    for name in ["etag", "x-own", "cache-control", "content-type", "content-length", "date"] {
        assert_eq!(first.header(name), second.header(name), "{name}");
    }
    assert_eq!(second.header("age"), "7");
    let ttl: i64 = second.header("cache-status").rsplit_once("ttl=").unwrap().1.parse().unwrap();
    assert!((82..=92).contains(&ttl), "of 100 seconds 7 are over, and up to 10 are taken: {ttl}");
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test]
async fn an_answer_that_was_made_for_its_request_has_no_age() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=100"));
    let (first, second) = (world.get("/api/v1/things/1").await, world.get("/api/v1/things/1").await);
    assert_eq!((first.header("age"), second.header("age").parse().is_ok_and(|age: u32| age < 60)), ("", true));
    world.script.plays("/things/2", Played::ok("max-age=100").with("age", "7"));
    assert_eq!(world.get("/api/v1/things/2").await.header("age"), "7", "it is another cache's");
}

#[tokio::test]
async fn what_may_not_be_kept_is_asked_for_each_time() {
    let world = World::new().await;
    let cases = [
        ("no lifetime", Played::ok(""), 2),
        ("no-store", Played::ok("no-store, max-age=60"), 2),
        ("private", Played::ok("private, max-age=60"), 2),
        ("a cookie", Played::ok("max-age=60").with("set-cookie", "a=1"), 2),
        ("any request", Played::ok("max-age=60").with("vary", "*"), 2),
        ("its own request", Played::ok("max-age=60").with("vary", "x-forwarded-for"), 2),
        ("expired", Played::ok("max-age=60").with("age", "60"), 2),
        ("no time", Played::ok("max-age=soon"), 2),
        ("expires long ago", Played::ok("").with("expires", "0"), 2),
        ("created", Played::ok("max-age=60").status(201), 2),
        ("a piece", Played::ok("max-age=60").status(206).with("content-range", "bytes 0-1/9"), 2),
        ("unreadable groups", Played::ok("max-age=60").with("cache-groups", "\"user:7"), 2),
        ("not there", Played::ok("").status(404).body("{}"), 2),
        ("not there, as said", Played::ok("max-age=60").status(404).body("{}"), 1),
        ("moved", Played::ok("max-age=60").status(301).with("location", "/elsewhere"), 1),
        ("moved for now", Played::ok("max-age=60").status(302).with("location", "/elsewhere"), 2),
        ("fresh", Played::ok("max-age=60"), 1),
        ("fresh for shared caches", Played::ok("max-age=0, s-maxage=60"), 1),
        ("fresh for gateways", Played::ok("no-store").with("cdn-cache-control", "max-age=60"), 1),
        ("to be understood", Played::ok("no-store, must-understand, max-age=60"), 1),
    ];
    for (number, (name, played, expected)) in cases.into_iter().enumerate() {
        assert_eq!(calls_for_two(&world, &format!("/things/{number}"), played).await, expected, "{name}");
    }
}

#[tokio::test]
async fn the_time_of_the_route_holds_where_the_service_says_none() {
    let world = World::new().await;
    assert_eq!(calls_for_two(&world, "/timed/1", Played::ok("")).await, 1);
    assert_eq!(calls_for_two(&world, "/timed/2", Played::ok("no-store")).await, 2);
    assert_eq!(calls_for_two(&world, "/timed/3", Played::ok("private")).await, 2);
    assert_eq!(world.get("/api/v1/timed/1").await.header("cache-control"), "no-cache", "clients ask again");
}

#[tokio::test]
async fn a_field_that_concerned_one_connection_is_not_kept() {
    let world = World::new().await;
    let played = Played::ok("max-age=60").with("connection", "x-hop, close").with("x-hop", "1").with("x-kept", "1");
    world.script.plays("/things/1", played);
    for expected in ["fwd=uri-miss", "hit"] {
        let answer = world.get("/api/v1/things/1").await;
        assert_eq!((word(&answer).as_str(), answer.header("x-hop"), answer.header("x-kept")), (expected, "", "1"));
    }
}

#[tokio::test]
async fn answers_that_depend_on_fields_are_kept_side_by_side() {
    let world = World::new().await;
    let played = Played::ok("max-age=60").with("vary", "Accept-Language").with("vary", "x-a, x-b");
    world.script.plays("/things/1", played);
    let callers = [
        world.caller().with_header("accept-language", "de"),
        world.caller().with_header("accept-language", "en"),
        world.caller().with_header("accept-language", "en").with_header("x-b", "1"),
        world.caller(),
    ];
    let mut versions = Vec::new();
    for caller in &callers {
        versions.push(version(&caller.get("/api/v1/things/1").await));
    }
    assert_eq!(world.calls(), 4);
    for (caller, expected) in callers.iter().zip(&versions) {
        let answer = caller.get("/api/v1/things/1").await;
        assert_eq!((word(&answer).as_str(), version(&answer)), ("hit", *expected));
    }
    let other = world.caller().with_header("accept-language", "fr").get("/api/v1/things/1").await;
    assert_eq!(word(&other), "fwd=vary-miss");
}

#[tokio::test]
async fn the_query_counts_as_far_as_it_is_declared() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=60"));
    let first = world.get("/api/v1/things/1?b=2&utm=x&a=1").await;
    assert_eq!(first.json()["query"], "a=1&b=2", "what does not count is not sent");
    assert_eq!(word(&world.get("/api/v1/things/1?a=1&b=2").await), "hit");
    assert_eq!(word(&world.get("/api/v1/things/1?a=2&b=1").await), "fwd=uri-miss");
    assert_eq!(word(&world.get("/api/v1/things/1").await), "fwd=uri-miss");
}

#[tokio::test]
async fn head_is_answered_from_what_get_left_and_leaves_nothing_itself() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=60").with("etag", "\"1\""));
    let head = || world.caller().call(http::Method::HEAD, "/api/v1/things/1");
    assert_eq!(word(&head().await), "fwd=uri-miss");
    let whole = world.get("/api/v1/things/1").await;
    assert_eq!(word(&whole), "fwd=uri-miss", "a head is no answer to GET");
    let answer = head().await;
    assert_eq!((word(&answer).as_str(), answer.text().as_str()), ("hit", ""));
    assert_eq!(answer.header("content-length"), whole.text().len().to_string());
}

#[tokio::test]
async fn what_is_too_large_to_be_kept_is_sent_whole() {
    let world = World::with("[cache]\nobject_bytes = \"64KiB\"", "").await;
    let large = "x".repeat(300 * 1024);
    world.script.plays("/things/1", Played::ok("max-age=60").with("content-type", "text/plain").body(&large));
    for _ in 0..2 {
        let answer = world.get("/api/v1/things/1").await;
        assert_eq!(answer.text(), large);
        assert!(word(&answer).starts_with("fwd="));
    }
    assert_eq!(world.calls(), 2);
}

#[tokio::test]
async fn groups_are_between_services_and_the_gateway() {
    let world = World::new().await;
    let played = Played::ok("max-age=60").with("cache-groups", "\"a\"").with("cache-group-invalidation", "\"b\"");
    for path in ["/things/1", "/plain/1"] {
        world.script.plays(path, played.clone());
        for _ in 0..2 {
            let answer = world.get(&format!("/api/v1{path}")).await;
            assert_eq!((answer.header("cache-groups"), answer.header("cache-group-invalidation")), ("", ""), "{path}");
        }
    }
}
