//! What ends because something has changed: what services hold, or the configuration.

use serde_json::json;

use crate::caching::world::{PATIENCE, Played, World, is_kept, keep, wait, word};

const UNUSABLE: &str = r#"
[[route]]
match           = "POST /api/v1/unusable"
to              = "things.create_thing"
access          = "anyone"
response        = ".version.none"
response_schema = '{"type":"object"}'
"#;

#[tokio::test]
async fn a_write_whose_answer_cannot_be_used_has_changed_what_it_names() {
    let world = World::with("", UNUSABLE).await;
    keep(&world, "/things/2", "\"user:7\"").await;
    keep(&world, "/things/3", "\"user:8\"").await;
    world.script.plays("/things", Played::ok("").status(201).with("cache-group-invalidation", "\"user:7\""));
    world.caller().post("/api/v1/unusable", &json!({})).await.problem(502, "transform_failed");
    assert!(!is_kept(&world, "/things/2").await && is_kept(&world, "/things/3").await);
}

#[tokio::test]
async fn a_path_with_needless_escapes_is_the_path_without_them() {
    let world = World::new().await;
    keep(&world, "/things/1", "").await;
    keep(&world, "/shelves/1", "").await;
    keep(&world, "/things/2", "").await;
    keep(&world, "/shelves/%c3%a4", "").await;
    world.caller().put("/api/v1/things/%C3%A4", &json!({})).await.expect(200);
    assert!(!is_kept(&world, "/shelves/%c3%a4").await, "what is in its group, whose name was written otherwise");
    world.caller().put("/api/v1/things/%31", &json!({})).await.expect(200);
    assert!(!is_kept(&world, "/things/1").await, "what is at the path");
    assert!(!is_kept(&world, "/shelves/1").await, "what is in its group");
    assert!(is_kept(&world, "/things/2").await);
}

#[tokio::test]
async fn the_query_of_a_place_is_no_part_of_its_path() {
    let world = World::new().await;
    keep(&world, "/things/9", "").await;
    let location = "/api/v1/things/9?next=http://elsewhere.example/y";
    world.script.plays("/things", Played::ok("").status(201).with("location", location).body("{}"));
    world.caller().post("/api/v1/things", &json!({})).await.expect(201);
    assert!(!is_kept(&world, "/things/9").await);
}

#[tokio::test]
async fn a_place_that_is_a_query_alone_is_the_written_path() {
    let world = World::new().await;
    for path in ["/origin/", "/origin/1"] {
        world.script.plays(path, Played::ok("max-age=600"));
        world.get(path).await;
        assert_eq!(word(&world.get(path).await), "hit");
    }
    world.script.plays("/origin/1", Played::ok("").with("location", "?page=2"));
    world.caller().post("/origin/1", &json!({})).await.expect(200);
    assert_eq!(word(&world.get("/origin/1").await), "fwd=uri-miss");
    assert_eq!(word(&world.get("/origin/").await), "hit", "which is another path");
}

#[tokio::test]
async fn what_one_service_answered_is_not_given_as_the_answer_of_another() {
    let (world, other) = (World::new().await, World::new().await);
    for (file, path) in [("gateway.toml", "/things/1"), ("routes/things.toml", "/origin/1")] {
        let public = if path == "/things/1" { "/api/v1/things/1" } else { path };
        for service in [&world, &other] {
            service.script.plays(path, Played::ok("max-age=600"));
        }
        world.get(public).await;
        assert_eq!(word(&world.get(public).await), "hit");
        let moved = |text: String| text.replace(&world.service.url(), &other.service.url());
        world.reload(file, moved).await.expect(200);
        assert_eq!(word(&world.get(public).await), "fwd=uri-miss", "{file}");
        assert_eq!((world.calls_to(path), other.calls_to(path)), (1, 1));
    }
}

#[tokio::test]
async fn what_was_made_for_another_public_origin_is_not_given() {
    let world = World::with("public_origin = \"https://one.example\"", "").await;
    keep(&world, "/things/1", "").await;
    world.reload("gateway.toml", |text| text.replace("one.example", "two.example")).await.expect(200);
    assert_eq!(word(&world.get("/api/v1/things/1").await), "fwd=uri-miss");
}

#[tokio::test]
async fn a_write_that_began_before_another_budget_ends_what_is_kept_under_it() {
    let world = World::with("[cache]\nbytes = \"64MiB\"", "").await;
    world.script.plays("/things/1", Played::ok("max-age=600"));
    let gate = world.script.gate("/things/1");
    let write = tokio::spawn(world.caller().put("/api/v1/things/1", &json!({})).into_future());
    wait(&world, "the service is asked", |world| world.calls() == 1).await;
    world.script.gate("/things/1").add_permits(10);
    world.reload("gateway.toml", |text| text.replace("64MiB", "32MiB")).await.expect(200);
    world.get("/api/v1/things/1").await.expect(200);
    keep(&world, "/things/2", "").await;
    assert!(is_kept(&world, "/things/1").await);
    gate.add_permits(1);
    write.await.unwrap().expect(200);
    assert!(!is_kept(&world, "/things/1").await && is_kept(&world, "/things/2").await);
}

#[tokio::test]
async fn a_place_is_found_however_it_is_escaped() {
    let world = World::new().await;
    for (number, (kept, told)) in [
        ("%c3%a4", "%c3%a4"),
        ("%c3%a4", "%C3%A4"),
        ("a%7Cb", "a|b"),
        ("a|b", "a|b"),
        ("photo[1].jpg", "photo[1].jpg?filter[a]=1"),
        ("%5B", "[#top"),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/things/{number}{kept}");
        keep(&world, &path, "").await;
        let created = Played::ok("").status(201).with("location", &format!("/things/{number}{told}")).body("{}");
        world.script.plays("/things", created);
        world.caller().post("/api/v1/things", &json!({})).await.expect(201);
        assert!(!is_kept(&world, &path).await, "{kept} as {told}");
    }
}

#[tokio::test]
async fn a_write_at_an_odd_path_ends_the_place_that_it_names() {
    let world = World::new().await;
    keep(&world, "/things/5", "").await;
    world.script.plays("/origin/a|b", Played::ok("").status(201).with("location", "/api/v1/things/5").body("{}"));
    world.caller().call(http::Method::POST, "/origin/a|b").await.expect(201);
    assert!(!is_kept(&world, "/things/5").await);
}

const BRIEF: &str = r#"
[[route]]
match  = "GET /api/v1/brief/{id}"
to     = "things.show_thing"
access = "anyone"
cache  = { scope = "public" }

[[route]]
match   = "PUT /api/v1/brief/{id}"
to      = "things.replace_thing"
access  = "anyone"
timeout = "5s"
"#;

#[tokio::test]
async fn a_write_whose_client_left_may_still_change_something_for_as_long_as_it_had() {
    let world = World::with("", BRIEF).await;
    world.script.plays("/things/1", Played::ok("max-age=600"));
    let gate = world.script.gate("/things/1");
    let write = tokio::spawn(world.caller().put("/api/v1/brief/1", &json!({})).into_future());
    wait(&world, "the write is under way", |world| world.calls() == 1).await;
    write.abort();
    wait(&world, "its client has left", |world| world.gateway.upstream("things").state().in_flight == 0).await;
    gate.add_permits(2);
    let kept_again = world.get("/api/v1/brief/1").await;
    assert_eq!(word(&kept_again), "fwd=uri-miss");
    let is_kept = async || {
        let asked = world.caller().with_header("cache-control", "only-if-cached").get("/api/v1/brief/1").await;
        asked.status == 200
    };
    testkit::until("it is over once more", PATIENCE, || async { (!is_kept().await).then_some(()) }).await;
}
