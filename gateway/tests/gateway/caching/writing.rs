//! What a change makes invalid.

use http::Method;
use serde_json::json;

use super::world::{Played, World, is_kept, keep, word};

#[tokio::test]
async fn a_write_ends_what_is_kept_at_its_own_path_whatever_the_query() {
    let world = World::new().await;
    keep(&world, "/things/1", "").await;
    world.get("/api/v1/things/1?a=1").await;
    keep(&world, "/things/2", "").await;
    world.caller().put("/api/v1/things/1", &json!({})).await.expect(200);
    assert!(!is_kept(&world, "/things/1").await && !is_kept(&world, "/things/1?a=1").await);
    assert!(is_kept(&world, "/things/2").await);
}

#[tokio::test]
async fn a_write_ends_the_groups_that_the_service_names() {
    let world = World::new().await;
    keep(&world, "/things/2", "\"user:7\", \"all\"").await;
    keep(&world, "/things/3", "\"user:8\"").await;
    world.script.plays("/things", Played::ok("").status(201).with("cache-group-invalidation", "\"user:7\"").body("{}"));
    let written = world.caller().post("/api/v1/things", &json!({})).await;
    assert_eq!((written.status.as_u16(), written.header("cache-group-invalidation")), (201, ""));
    assert!(!is_kept(&world, "/things/2").await && is_kept(&world, "/things/3").await);
}

#[tokio::test]
async fn a_read_ends_nothing_whatever_it_says() {
    let world = World::new().await;
    keep(&world, "/things/2", "\"user:7\"").await;
    world.script.plays("/plain/1", Played::ok("").with("cache-group-invalidation", "\"user:7\""));
    world.get("/api/v1/plain/1").await.expect(200);
    assert!(is_kept(&world, "/things/2").await);
}

#[tokio::test]
async fn a_write_ends_what_is_kept_at_the_places_that_it_names_here() {
    let world = World::new().await;
    for (number, (name, value, ends)) in [
        ("location", "/api/v1/things/0".to_owned(), true),
        ("content-location", "/api/v1/things/1?a=1".to_owned(), true),
        ("location", format!("http://{}/api/v1/things/2", world.gateway.address()), true),
        ("location", "things/3".to_owned(), true),
        ("location", "http://elsewhere.example/api/v1/things/4".to_owned(), false),
        ("location", "//elsewhere.example/api/v1/things/5".to_owned(), false),
        ("location", "/things/6".to_owned(), true),
        ("content-location", "/things/7".to_owned(), true),
        ("location", format!("//{}/api/v1/things/8", world.gateway.address()), true),
        ("location", "./things/9".to_owned(), true),
        ("location", "/api/v1/x/../things/10#top".to_owned(), true),
        ("location", format!("https://{}/api/v1/things/11", world.gateway.address()), true),
        ("location", "http://[not a place/api/v1/things/12".to_owned(), false),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/things/{number}");
        keep(&world, &path, "").await;
        world.script.plays("/things", Played::ok("").status(201).with(name, &value).body("{}"));
        world.caller().post("/api/v1/things", &json!({})).await.expect(201);
        assert_eq!(is_kept(&world, &path).await, !ends, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_write_that_was_refused_changes_nothing_and_one_that_nobody_answered_may_have() {
    let world = World::new().await;
    keep(&world, "/things/1", "").await;
    world.script.plays("/things/1", Played::ok("").status(404).body("{}"));
    world.caller().put("/api/v1/things/1", &json!({})).await.expect(404);
    assert!(is_kept(&world, "/things/1").await);
    world.gateway.upstream("things").sever(true);
    world.caller().put("/api/v1/things/1", &json!({})).await.problem(503, "upstream_unavailable");
    assert!(!is_kept(&world, "/things/1").await);
}

#[tokio::test]
async fn routes_name_groups_for_services_that_do_not() {
    let world = World::new().await;
    keep(&world, "/shelves/1", "").await;
    keep(&world, "/shelves/2", "").await;
    world.caller().put("/api/v1/things/1", &json!({})).await.expect(200);
    assert!(!is_kept(&world, "/shelves/1").await && is_kept(&world, "/shelves/2").await);
}

#[tokio::test]
async fn a_method_that_nobody_knows_may_change_something() {
    let world = World::new().await;
    for method in ["FROB", "MKCOL", "PATCH", "DELETE"] {
        world.script.plays("/origin/1", Played::ok("max-age=600"));
        world.get("/origin/1").await;
        assert_eq!(word(&world.get("/origin/1").await), "hit");
        world.caller().call(Method::from_bytes(method.as_bytes()).unwrap(), "/origin/1").await.expect(200);
        assert_eq!(word(&world.get("/origin/1").await), "fwd=uri-miss", "{method}");
    }
    world.caller().call(Method::OPTIONS, "/origin/1").await.expect(200);
    assert_eq!(word(&world.get("/origin/1").await), "hit");
}

#[tokio::test]
async fn a_write_that_ends_elsewhere_or_badly_may_have_changed_something() {
    let world = World::new().await;
    for status in [303, 307, 500, 503] {
        for (public, own) in [("/origin/1", "/origin/1"), ("/api/v1/things/1", "/things/1")] {
            world.script.plays(own, Played::ok("max-age=600"));
            world.get(public).await;
            assert_eq!(word(&world.get(public).await), "hit");
            world.script.plays(own, Played::ok("").status(status).body("{}"));
            world.caller().put(public, &json!({})).await;
            world.script.plays(own, Played::ok("max-age=600"));
            assert_ne!(word(&world.get(public).await), "hit", "{status} {public}");
        }
        // Five in a row would open the breaker.
        world.get("/api/v1/plain/1").await.expect(200);
    }
}
