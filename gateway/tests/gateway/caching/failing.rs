//! What stands in for an answer that is not to be had.

use http::Method;

use crate::caching::world::{PATIENCE, Played, World, version, word};

/// A world that keeps an answer at `/timed/1` which may be given only where no other is to be had.
async fn stale() -> World {
    let world = World::new().await;
    world.script.plays("/timed/1", Played::ok("max-age=10, stale-while-revalidate=0").with("age", "20"));
    assert_eq!(version(&world.get("/api/v1/timed/1").await), 1);
    world
}

#[tokio::test]
async fn what_is_stale_stands_in_for_heads_and_pieces_too() {
    let world = stale().await;
    let head = world.caller().call(Method::HEAD, "/api/v1/timed/1");
    let piece = world.caller().with_header("range", "bytes=0-0").get("/api/v1/timed/1");
    world.gateway.upstream("things").sever(true);
    let (head, piece) = (head.await, piece.await);
    assert_eq!((word(&head).as_str(), head.status.as_u16()), ("hit", 200));
    assert_eq!((word(&piece).as_str(), piece.text().as_str()), ("hit", "{"));
}

#[tokio::test]
async fn what_a_service_cannot_do_is_no_failure_that_something_stale_stands_in_for() {
    let world = stale().await;
    world.script.plays("/origin/1", Played::ok("max-age=10, stale-if-error=60").with("age", "20"));
    world.get("/origin/1").await.expect(200);
    for path in ["/timed/1", "/origin/1"] {
        world.script.plays(path, Played::ok("").status(501).body("{}"));
        let public = if path == "/timed/1" { "/api/v1/timed/1" } else { path };
        for caller in [world.caller(), world.caller().with_header("range", "bytes=0-0")] {
            caller.get(public).await.expect(501);
            caller.call(Method::HEAD, public).await.expect(501);
        }
    }
}

#[tokio::test]
async fn a_head_and_a_piece_alone_are_enough_to_find_the_service_gone() {
    for (method, range) in [(Method::HEAD, None), (Method::GET, Some("bytes=0-0"))] {
        let world = stale().await;
        world.gateway.upstream("things").sever(true);
        let caller = range.map_or_else(|| world.caller(), |range| world.caller().with_header("range", range));
        let answer = caller.call(method, "/api/v1/timed/1").await;
        assert!(answer.header("cache-status").ends_with("detail=stale-if-error"), "{}", answer.sentence());
    }
}

#[tokio::test]
async fn one_failed_refresh_is_one_failure_however_many_waited_for_it() {
    let world = stale().await;
    world.script.plays("/timed/1", Played::ok("").status(500).body("{}"));
    let gate = world.script.gate("/timed/1");
    let sent = world.all_on_their_way(20, &world.caller().get("/api/v1/timed/1")).await;
    gate.add_permits(1_000);
    for answer in sent {
        assert_eq!(version(&answer.await.unwrap()), 1);
    }
    world.script.plays("/timed/1", Played::ok("max-age=600"));
    // A second; twenty failures would be half a minute, which is more than anybody waits here.
    let again = || async { (version(&world.get("/api/v1/timed/1").await) > 1).then_some(()) };
    testkit::until("the service is asked again", PATIENCE, again).await;
}
