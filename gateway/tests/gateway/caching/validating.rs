//! Who knows something already: clients of the gateway, and the gateway of services.

use super::world::{Played, World, version, word};

const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

#[tokio::test]
async fn a_client_that_has_it_is_told_so_here() {
    let world = World::new().await;
    let played =
        Played::ok("max-age=60").with("etag", "W/\"1\"").with("last-modified", MODIFIED).with("vary", "accept");
    world.script.plays("/things/1", played);
    let conditions = [("if-none-match", "\"1\""), ("if-none-match", "\"0\", W/\"1\""), ("if-modified-since", MODIFIED)];
    for (name, value) in conditions {
        let answer = world.caller().with_header(name, value).get("/api/v1/things/1").await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (304, ""), "{name}: {value}");
        assert_eq!((answer.header("etag"), answer.header("vary")), ("W/\"1\"", "accept"));
        assert_eq!((answer.header("content-type"), answer.header("content-length")), ("", ""));
    }
    assert_eq!(world.calls(), 1, "the first one was asked for whole");
    assert_eq!(world.caller().with_header("if-none-match", "\"2\"").get("/api/v1/things/1").await.status, 200);
}

#[tokio::test]
async fn an_answer_without_a_tag_gets_a_strong_one() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=60"));
    let tag = world.get("/api/v1/things/1").await.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.len() == 24, "{tag}");
    assert_eq!(world.caller().with_header("if-none-match", &tag).get("/api/v1/things/1").await.status, 304);
    world.script.plays("/things/2", Played::ok("max-age=60").body("{\"path\":\"other\"}"));
    assert_ne!(world.get("/api/v1/things/2").await.header("etag"), tag);
    assert!(world.service.requests().iter().all(|request| request.header("if-none-match").is_empty()));
}

#[tokio::test]
async fn what_is_stale_is_asked_for_by_its_tag_and_is_fresh_again_if_it_holds() {
    let world = World::new().await;
    let played = Played::ok("max-age=10").with("age", "20").with("etag", "\"1\"").with("x-old", "1").with("x-new", "0");
    world.script.plays("/things/1", played);
    let first = world.get("/api/v1/things/1").await;
    world.script.plays("/things/1", Played::ok("max-age=60").with("etag", "\"1\"").with("x-new", "1"));
    let second = world.get("/api/v1/things/1").await;
    assert_eq!(world.service.last().header("if-none-match"), "\"1\"");
    assert_eq!((second.status.as_u16(), second.text()), (200, first.text()));
    assert!(
        second.header("cache-status").contains("fwd=stale; fwd-status=304; stored"),
        "{}",
        second.header("cache-status")
    );
    assert_eq!(
        (second.header("x-old"), second.header("x-new")),
        ("1", "1"),
        "what is told anew replaces what was known"
    );
    let third = world.get("/api/v1/things/1").await;
    assert_eq!((word(&third).as_str(), third.text(), third.header("x-new")), ("hit", first.text(), "1"));
}

#[tokio::test]
async fn a_tag_that_means_another_answer_is_not_believed() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=10").with("age", "20").with("etag", "\"1\""));
    world.get("/api/v1/things/1").await;
    // It says that nothing has changed, of something that was never kept here.
    world.script.plays("/things/1", Played::ok("max-age=60").status(304).with("etag", "\"2\""));
    let answer = world.get("/api/v1/things/1").await;
    assert_eq!(world.calls(), 3, "it is asked again without a condition");
    assert_eq!(answer.status, 304, "which this service answers in its own way");
}

#[tokio::test]
async fn no_cache_is_asked_each_time_by_its_tag() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("no-cache").with("etag", "\"1\""));
    let first = world.get("/api/v1/things/1").await;
    for _ in 0..2 {
        let again = world.get("/api/v1/things/1").await;
        assert_eq!(again.text(), first.text());
        assert!(again.header("cache-status").contains("fwd-status=304"), "{}", again.header("cache-status"));
    }
    assert_eq!(world.calls(), 3);
}

#[tokio::test]
async fn pieces_are_cut_of_what_is_kept_and_asked_for_otherwise() {
    let world = World::new().await;
    let played = Played::ok("max-age=60").with("etag", "\"1\"").with("content-type", "text/plain").body("0123456789");
    world.script.plays("/things/1", played);
    let asks = |range: &str| world.caller().with_header("range", range).get("/api/v1/things/1");
    let passed = asks("bytes=2-4").await;
    assert_eq!((word(&passed).as_str(), passed.status.as_u16()), ("fwd=uri-miss", 200), "as the service answers");
    assert_eq!(world.service.last().header("range"), "bytes=2-4");
    world.get("/api/v1/things/1").await;
    let piece = asks("bytes=2-4").await;
    assert_eq!((piece.status.as_u16(), piece.text().as_str()), (206, "234"));
    assert_eq!((piece.header("content-range"), piece.header("content-length")), ("bytes 2-4/10", "3"));
    let none = asks("bytes=10-").await;
    none.problem(416, "invalid_parameter");
    assert_eq!(none.header("content-range"), "bytes */10");
    let several = asks("bytes=0-1,3-4").await;
    assert_eq!((several.status.as_u16(), several.text().as_str()), (200, "0123456789"));
    let other =
        world.caller().with_header("range", "bytes=2-4").with_header("if-range", "\"2\"").get("/api/v1/things/1").await;
    assert_eq!((other.status.as_u16(), other.text().as_str()), (200, "0123456789"));
    assert_eq!(world.calls(), 2);
}

#[tokio::test]
async fn a_head_that_tells_otherwise_ends_what_is_kept() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=60").with("etag", "\"1\""));
    world.get("/api/v1/things/1").await;
    world.script.plays("/things/1", Played::ok("max-age=60").with("etag", "\"2\""));
    let head =
        world.caller().with_header("cache-control", "no-cache").call(http::Method::HEAD, "/api/v1/things/1").await;
    assert_eq!(word(&head), "fwd=request");
    assert_eq!(word(&world.get("/api/v1/things/1").await), "fwd=uri-miss");
}

#[tokio::test]
async fn a_condition_that_is_meant_for_writing_is_the_services_business() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=60").with("etag", "\"1\""));
    let first = world.get("/api/v1/things/1").await;
    let answer = world.caller().with_header("if-match", "\"1\"").get("/api/v1/things/1").await;
    assert_eq!((word(&answer).as_str(), world.service.last().header("if-match")), ("fwd=bypass", "\"1\""));
    assert_ne!(version(&answer), version(&first));
}

#[tokio::test]
async fn a_date_that_means_another_answer_is_not_believed() {
    let world = World::new().await;
    let played = Played::ok("max-age=10").with("age", "20").with("last-modified", MODIFIED);
    world.script.plays("/things/1", played);
    world.get("/api/v1/things/1").await;
    let other = Played::ok("max-age=60").status(304).with("last-modified", "Sun, 06 Nov 1994 08:49:36 GMT");
    world.script.plays("/things/1", other);
    world.get("/api/v1/things/1").await;
    assert_eq!(world.calls(), 3, "it is asked again without a condition");
}

#[tokio::test]
async fn what_a_service_does_not_say_again_still_holds() {
    let world = World::new().await;
    let tagged = |control: &str| Played::ok(control).with("etag", "\"1\"");
    let never_unasked = tagged("max-age=600").with("cdn-cache-control", "no-cache");
    let expired = tagged("").with("expires", MODIFIED);
    let strict = tagged("max-age=10, must-revalidate").with("age", "20");
    let cases = [
        ("what was said to gateways", never_unasked, tagged("max-age=600"), "fwd=stale"),
        ("a time that is over", expired, tagged(""), "fwd=stale"),
        ("must-revalidate", strict, tagged("").with("age", "9").with("expires", MODIFIED), "hit"),
    ];
    for (number, (what, first, news, expected)) in cases.into_iter().enumerate() {
        let (path, public) = (format!("/things/{number}"), format!("/api/v1/things/{number}"));
        world.script.plays(&path, first);
        world.get(&public).await.expect(200);
        world.script.plays(&path, news);
        let told = world.get(&public).await;
        assert!(told.header("cache-status").contains("fwd-status=304"), "{what}: {}", told.header("cache-status"));
        assert_eq!(word(&world.get(&public).await), expected, "{what}");
    }
    world.script.plays("/things/2", Played::ok("").status(503).body("{}"));
    let stale = world.caller().with_header("cache-control", "max-age=1, max-stale=60").get("/api/v1/things/2").await;
    assert_eq!(stale.status, 503, "it must be revalidated still");
}
