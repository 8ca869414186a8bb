//! What is given after its time, and when.

use super::world::{PATIENCE, Played, World, version, wait, word};

#[tokio::test]
async fn what_is_stale_is_given_while_a_fresh_one_is_asked_for() {
    let world = World::new().await;
    world.script.plays("/timed/1", Played::ok("max-age=10").with("age", "20"));
    assert_eq!(version(&world.get("/api/v1/timed/1").await), 1);
    world.script.plays("/timed/1", Played::ok("max-age=60"));
    let gate = world.script.gate("/timed/1");
    for _ in 0..5 {
        let stale = world.get("/api/v1/timed/1").await;
        assert_eq!((word(&stale).as_str(), version(&stale)), ("hit", 1));
        assert!(stale.header("cache-status").contains("ttl=-1"), "{}", stale.header("cache-status"));
    }
    wait(&world, "the service is asked behind it", |world| world.calls() == 2).await;
    gate.add_permits(1);
    let fresh = || async { (version(&world.get("/api/v1/timed/1").await) == 2).then_some(()) };
    testkit::until("the fresh one is there", PATIENCE, fresh).await;
    assert_eq!(world.calls(), 2, "one refresh at a time");
}

#[tokio::test]
async fn a_head_that_finds_it_stale_leaves_a_whole_answer_behind() {
    let world = World::new().await;
    world.script.plays("/timed/1", Played::ok("max-age=10").with("age", "20"));
    world.get("/api/v1/timed/1").await;
    world.script.plays("/timed/1", Played::ok("max-age=60"));
    let head = world.caller().call(http::Method::HEAD, "/api/v1/timed/1").await;
    assert_eq!((word(&head).as_str(), head.text().as_str()), ("hit", ""));
    let fresh = || async { (version(&world.get("/api/v1/timed/1").await) == 2).then_some(()) };
    testkit::until("the fresh one is there", PATIENCE, fresh).await;
    assert_eq!(world.service.last().method, http::Method::GET);
}

#[tokio::test]
async fn what_is_stale_stands_in_for_what_is_not_to_be_had() {
    let world = World::new().await;
    world.script.plays("/timed/1", Played::ok("max-age=10, stale-while-revalidate=0").with("age", "20"));
    world.get("/api/v1/timed/1").await;
    for status in [500, 502, 503, 504] {
        world.script.plays("/timed/1", Played::ok("").status(status));
        let stale = world.get("/api/v1/timed/1").await;
        assert_eq!((stale.status.as_u16(), version(&stale)), (200, 1), "{status}");
    }
    world.gateway.upstream("things").sever(true);
    let stale = world.get("/api/v1/timed/1").await;
    assert_eq!((stale.status.as_u16(), version(&stale)), (200, 1));
    world.get("/api/v1/timed/2").await.problem(503, "upstream_unavailable");
}

#[tokio::test]
async fn an_error_of_the_client_is_no_reason_for_something_stale() {
    let world = World::new().await;
    world.script.plays("/timed/1", Played::ok("max-age=10, stale-while-revalidate=0").with("age", "20"));
    world.get("/api/v1/timed/1").await;
    world.script.plays("/timed/1", Played::ok("").status(404).body("{}"));
    assert_eq!(world.get("/api/v1/timed/1").await.status, 404);
}

#[tokio::test]
async fn after_a_refresh_that_failed_the_service_has_a_rest() {
    let world = World::new().await;
    world.script.plays("/timed/1", Played::ok("max-age=10, stale-while-revalidate=0").with("age", "20"));
    world.get("/api/v1/timed/1").await;
    world.script.plays("/timed/1", Played::ok("").status(500));
    for _ in 0..10 {
        assert_eq!(world.get("/api/v1/timed/1").await.status, 200);
    }
    assert!(world.calls() <= 3, "{} calls in ten requests", world.calls());
}

#[tokio::test]
async fn what_must_be_revalidated_is_never_given_stale() {
    let world = World::new().await;
    for (number, word) in ["must-revalidate", "proxy-revalidate", "s-maxage=10", "no-cache"].into_iter().enumerate() {
        let path = format!("/timed/{number}");
        let played =
            Played::ok(&format!("max-age=10, stale-if-error=600, {word}")).with("age", "20").with("etag", "\"1\"");
        world.script.plays(&path, played);
        world.get(&format!("/api/v1{path}")).await;
        world.script.plays(&path, Played::ok("").status(503));
        assert_eq!(world.get(&format!("/api/v1{path}")).await.status, 503, "{word}");
    }
}

#[tokio::test]
async fn a_client_says_how_stale_or_how_fresh_it_wants_it() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=100").with("age", "50"));
    world.get("/api/v1/things/1").await;
    let asks = |control: &str| world.caller().with_header("cache-control", control).get("/api/v1/things/1");
    for (control, expected) in [
        ("max-age=60", "hit"),
        ("max-stale", "hit"),
        ("min-fresh=10", "hit"),
        ("only-if-cached", "hit"),
        ("only-if-cached, max-age=60", "hit"),
        ("x-unknown", "hit"),
    ] {
        assert_eq!(word(&asks(control).await), expected, "{control}");
    }
    assert_eq!(asks("only-if-cached, max-age=10").await.status, 504);
    for control in ["max-age=10", "min-fresh=90", "no-cache", "no-store"] {
        let before = world.calls();
        let expected = if control == "no-store" { "fwd=bypass" } else { "fwd=request" };
        assert_eq!((word(&asks(control).await).as_str(), world.calls()), (expected, before + 1), "{control}");
    }
    assert_eq!(word(&world.caller().with_header("pragma", "no-cache").get("/api/v1/things/1").await), "fwd=request");
    let missing = world.caller().with_header("cache-control", "only-if-cached").get("/api/v1/things/9").await;
    missing.problem(504, "upstream_unavailable");
}

#[tokio::test]
async fn a_client_that_takes_it_stale_gets_it_stale() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=10, stale-if-error=60").with("age", "20"));
    world.get("/api/v1/things/1").await;
    let asks = |control: &str| world.caller().with_header("cache-control", control).get("/api/v1/things/1");
    assert_eq!(word(&asks("max-stale=30").await), "hit");
    assert_eq!(word(&asks("max-stale=5").await), "fwd=stale");
}

#[tokio::test]
async fn what_was_stale_for_longer_than_is_allowed_stands_in_for_nothing() {
    let world = World::new().await;
    for (number, control) in [
        (1, "max-age=10, stale-if-error=5, stale-while-revalidate=0"),
        (2, "max-age=10, stale-while-revalidate=0, stale-if-error=60"),
    ] {
        let path = format!("/timed/{number}");
        world.script.plays(&path, Played::ok(control).with("age", "20").with("etag", "\"1\""));
        world.get(&format!("/api/v1{path}")).await.expect(200);
        world.script.plays(&path, Played::ok("").status(503).body("{}"));
        let status = if number == 1 { 503 } else { 200 };
        world.get(&format!("/api/v1{path}")).await.expect(status);
    }
    // Where neither the route nor the service says so, nothing is ever stale.
    world.script.plays("/things/1", Played::ok("max-age=10").with("age", "20").with("etag", "\"1\""));
    world.get("/api/v1/things/1").await.expect(200);
    world.script.plays("/things/1", Played::ok("").status(503).body("{}"));
    world.get("/api/v1/things/1").await.expect(503);
}

#[tokio::test]
async fn what_was_written_while_a_refresh_failed_is_not_answered_by_what_was_there_before() {
    let world = World::new().await;
    let stale = Played::ok("max-age=10, stale-while-revalidate=0").with("age", "20");
    world.script.plays("/things/1", stale.with("cache-control", "stale-if-error=60"));
    world.get("/api/v1/things/1").await.expect(200);
    world.script.plays("/things/1", Played::ok("").status(500).body("{}"));
    let gate = world.script.gate("/things/1");
    let asked = world.on_its_way(world.caller().get("/api/v1/things/1")).await;
    testkit::until("the service is asked", PATIENCE, || async { (world.calls_to("/things/1") == 2).then_some(()) })
        .await;
    world.script.plays("/things/1", Played::ok(""));
    world.script.gate("/things/1").add_permits(1);
    world.caller().put("/api/v1/things/1", &serde_json::json!({})).await.expect(200);
    gate.add_permits(1);
    asked.await.unwrap().expect(500);
}
