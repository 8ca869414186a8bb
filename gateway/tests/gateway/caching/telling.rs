//! What clients and operators are told.

use http::Method;
use testkit::{Caller, Raw};

use crate::caching::world::{PATIENCE, Played, World, word};

/// What it takes is more than connections hold on their own.
const LARGE: usize = 12 * 1024 * 1024;

#[tokio::test]
async fn what_is_one_viewers_is_private_whether_it_is_kept_or_not() {
    let world = World::with("[cache]\nobject_bytes = \"64KiB\"", "").await;
    let large = "x".repeat(300 * 1024);
    for (path, caller) in
        [("/profiles/1", world.caller()), ("/profiles/1", world.user("7")), ("/mine", world.user("7"))]
    {
        let public = format!("/api/v1{path}");
        world.script.plays(path, Played::ok("public, max-age=60").with("expires", "Sat, 06 Nov 2094 08:49:37 GMT"));
        let head = caller.call(Method::HEAD, &public).await;
        let piece = caller.get(&public).header("range", "bytes=0-1").await;
        let body = caller.get(&public).body("text/plain", "a question").await;
        world.script.plays(path, Played::ok("public, max-age=60").with("content-type", "text/plain").body(&large));
        let too_large = caller.get(&public).await;
        assert_eq!(too_large.text().len(), large.len());
        for answer in [head, piece, body, too_large] {
            let told = (answer.header("cache-control"), answer.header("expires"));
            assert_eq!(told, ("private, no-cache", ""), "{} {path}", answer.method);
        }
    }
}

#[tokio::test]
async fn nobody_may_keep_what_the_service_lets_nobody_keep() {
    let world = World::new().await;
    world.script.plays("/mine", Played::ok("no-store, max-age=60"));
    let answer = world.user("7").get("/api/v1/mine").await;
    assert_eq!(answer.header("cache-control"), "no-store, max-age=60");
}

#[tokio::test]
async fn nobody_on_the_way_is_told_to_keep_what_is_one_users() {
    let world = World::new().await;
    world.script.plays("/mine", Played::ok("max-age=60").with("cdn-cache-control", "max-age=600"));
    for expected in ["fwd=uri-miss", "hit"] {
        let answer = world.user("7").get("/api/v1/mine").await;
        assert_eq!((word(&answer).as_str(), answer.header("cdn-cache-control")), (expected, ""));
        assert_eq!(answer.header("cache-control"), "private, no-cache");
    }
}

#[tokio::test]
async fn what_one_client_preferred_is_not_told_to_others() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=60").with("preference-applied", "return=minimal"));
    for expected in ["fwd=uri-miss", "hit"] {
        let answer = world.get("/api/v1/things/1").await;
        assert_eq!((word(&answer).as_str(), answer.header("preference-applied")), (expected, ""));
    }
}

#[tokio::test]
async fn what_is_still_being_sent_is_counted_when_nothing_is_kept_any_more() {
    let world = World::with("[cache]\nobject_bytes = \"16MiB\"", "").await;
    let large = "x".repeat(LARGE);
    world.script.plays("/things/1", Played::ok("max-age=60").with("content-type", "text/plain").body(&large));
    world.get("/api/v1/things/1").await;
    assert_eq!(word(&world.caller().call(Method::HEAD, "/api/v1/things/1").await), "hit");
    let mut slow = Raw::connect_narrow(world.gateway.address()).await;
    slow.send("GET /api/v1/things/1 HTTP/1.1\r\nhost: agora\r\n\r\n").await;
    assert_eq!(slow.head().await.status(), 200);
    let operator = world.gateway.operator();
    operator.call(Method::DELETE, "/cache?all=true").await.expect(204);
    let sending = || async { (bytes(&operator).await == LARGE + LARGE / 2).then_some(()) };
    // With the half that an allocator loses.
    testkit::until("the body alone is in memory", PATIENCE, sending).await;
    drop(slow);
    let gone = || async { (bytes(&operator).await == 0).then_some(()) };
    testkit::until("nothing is in memory", PATIENCE, gone).await;
}

#[tokio::test]
async fn what_is_found_to_hold_again_and_again_takes_no_more_memory() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("no-cache").with("etag", "\"1\"").body(&"x".repeat(100_000)));
    world.get("/api/v1/things/1").await.expect(200);
    let operator = world.gateway.operator();
    let once = bytes(&operator).await;
    for _ in 0..5 {
        let answer = world.get("/api/v1/things/1").await.expect(200);
        assert!(answer.header("cache-status").contains("fwd-status=304"), "{}", answer.header("cache-status"));
    }
    // What clients have not been sent to the end yet is still counted.
    let no_more = || async { (bytes(&operator).await <= once).then_some(()) };
    testkit::until("it is counted once", PATIENCE, no_more).await;
}

/// What the metrics say of the memory that answers take.
async fn bytes(operator: &Caller) -> usize {
    let metrics = operator.get("/metrics").await.text();
    let line = metrics.lines().find_map(|line| line.strip_prefix("agora_cache_bytes ")).unwrap();
    line.parse().unwrap()
}
