//! An origin without a contract is kept by its own fields.

use super::world::{Played, World, word};

#[tokio::test]
async fn an_origin_decides_by_its_own_fields() {
    let world = World::new().await;
    world.script.plays("/origin/1", Played::ok("max-age=60"));
    assert_eq!(word(&world.get("/origin/1").await), "fwd=uri-miss");
    let hit = world.get("/origin/1").await;
    assert_eq!((word(&hit).as_str(), hit.header("cache-control")), ("hit", "max-age=60"));
    assert_eq!(hit.json()["caller"], "nobody", "it is never told who asks");
    world.script.plays("/origin/2", Played::ok(""));
    world.get("/origin/2").await;
    assert!(word(&world.get("/origin/2").await).starts_with("fwd="), "nothing is guessed");
}

#[tokio::test]
async fn all_of_the_query_counts() {
    let world = World::new().await;
    world.script.plays("/origin/1", Played::ok("max-age=60"));
    world.get("/origin/1?a=1&b=2").await;
    assert_eq!(word(&world.get("/origin/1?a=1&b=2").await), "hit");
    assert_eq!(word(&world.get("/origin/1?b=2&a=1").await), "fwd=uri-miss");
}

#[tokio::test]
async fn what_a_cookie_brings_is_neither_kept_nor_given_to_others() {
    let world = World::new().await;
    world.script.plays("/origin/1", Played::ok("max-age=60"));
    world.get("/origin/1").await;
    let with = world.caller().with_header("cookie", "sid=1").get("/origin/1").await;
    assert_eq!((word(&with).as_str(), world.service.last().header("cookie")), ("fwd=bypass", "sid=1"));
    assert_eq!(word(&world.get("/origin/1").await), "hit");
}

#[tokio::test]
async fn what_caches_before_this_one_say_comes_first_whether_it_is_kept_or_not() {
    let world = World::new().await;
    let earlier =
        |control| Played::ok(control).with("cache-status", "inner; hit").with("cache-status", "outer; fwd=miss");
    world.script.plays("/origin/1", earlier("max-age=60"));
    world.script.plays("/origin/2", earlier("no-store"));
    for (answer, own) in [
        (world.get("/origin/1").await, "agora; fwd=uri-miss; fwd-status=200; stored"),
        (world.get("/origin/1").await, "agora; hit; ttl="),
        (world.caller().call(http::Method::HEAD, "/origin/1").header("range", "bytes=0-0").await, "agora; hit; ttl="),
        (world.caller().with_header("prefer", "a").get("/origin/1").await, "agora; fwd=bypass"),
        (world.get("/origin/2").await, "agora; fwd=uri-miss; detail=\"no-store\""),
    ] {
        let lines: Vec<_> = answer.headers.get_all("cache-status").iter().collect();
        let all = lines.iter().map(|line| line.to_str().unwrap()).collect::<Vec<_>>().join(", ");
        assert!(all.starts_with(&format!("inner; hit, outer; fwd=miss, {own}")), "{all}");
    }
}

#[tokio::test]
async fn an_origin_that_is_asked_without_the_prefix_names_places_that_clients_find() {
    let world = World::new().await;
    world.script.plays("/things/5", Played::ok("max-age=60"));
    world.get("/moved/things/5").await;
    assert_eq!(word(&world.get("/moved/things/5").await), "hit");
    for told in ["/things/5".to_owned(), format!("{}/things/5", world.service.url())] {
        world.script.plays("/things", Played::ok("").status(201).with("location", &told).body("{}"));
        let made = world.caller().post("/moved/things", &serde_json::json!({})).await.expect(201);
        assert_eq!(made.header("location"), "/moved/things/5", "{told}");
        assert_eq!(word(&world.get("/moved/things/5").await), "fwd=uri-miss", "what a client reads there is over");
        assert_eq!(word(&world.get("/moved/things/5").await), "hit");
    }
}

#[tokio::test]
async fn the_gateways_own_cookie_keeps_nobody_from_what_is_kept() {
    let world = World::new().await;
    world.script.plays("/origin/1", Played::ok("max-age=60"));
    world.get("/origin/1").await;
    let signed_in = || world.caller().with_header("cookie", "__Host-agora_refresh=secret");
    assert_eq!(word(&signed_in().get("/origin/1").await), "hit");
    signed_in().get("/origin/2").await;
    assert_eq!(world.service.last().header("cookie"), "");
}

#[tokio::test]
async fn what_was_made_for_one_prefix_of_a_trusted_proxy_is_not_given_for_another() {
    let world = World::with("trusted_proxies = [\"127.0.0.1\"]", "").await;
    world.script.plays("/origin/1", Played::ok("max-age=60"));
    for (prefix, expected) in [("/a", "fwd=uri-miss"), ("/a", "hit"), ("/b", "fwd=uri-miss")] {
        let answer = world.caller().with_header("x-forwarded-prefix", prefix).get("/origin/1").await;
        assert_eq!(word(&answer), expected, "{prefix}");
    }
}

#[tokio::test]
async fn an_origin_that_calls_its_rules_a_matter_of_the_connection_is_heeded_all_the_same() {
    let world = World::new().await;
    let named = |control| Played::ok(control).with("expires", "Sat, 06 Nov 2094 08:49:37 GMT");
    world.script.plays("/origin/1", named("no-store").with("connection", "cache-control"));
    world.script.plays("/origin/2", named("max-age=60").with("vary", "x-a").with("connection", "vary"));
    world.get("/origin/1").await;
    assert_ne!(word(&world.get("/origin/1").await), "hit");
    let first = world.caller().with_header("x-a", "1").get("/origin/2").await;
    assert!(first.header("cache-status").ends_with("; stored"), "{:?}", first.headers);
    assert_eq!(word(&world.caller().with_header("x-a", "2").get("/origin/2").await), "fwd=vary-miss");
}
