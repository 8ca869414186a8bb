//! Another configuration while requests go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use http::Method;
use testkit::Answer;

use crate::caching::files::MORE;
use crate::caching::world::{Played, World, version, wait, word};

/// Changes the file of the routes and has it read again.
async fn reload(world: &World, change: impl FnOnce(String) -> String) -> Answer {
    world.reload("routes/things.toml", change).await
}

#[tokio::test]
async fn a_route_that_was_added_answers_and_one_that_was_removed_is_gone() {
    let world = World::new().await;
    world.get("/api/v1/more/1").await.problem(404, "route_not_found");
    let told = reload(&world, |text| text + MORE).await.expect(200);
    assert!(told.json()["summary"].as_str().unwrap().contains("routes"), "{}", told.sentence());
    world.get("/api/v1/more/1").await.expect(200);
    assert!(world.get("/openapi.json").await.text().contains("/api/v1/more/{id}"));
    reload(&world, |text| text.replace(MORE, "")).await.expect(200);
    world.get("/api/v1/more/1").await.problem(404, "route_not_found");
    assert!(!world.get("/openapi.json").await.text().contains("/api/v1/more/{id}"));
}

#[tokio::test]
async fn a_broken_file_changes_nothing_and_says_why() {
    let world = World::new().await;
    let told = reload(&world, |text| text.replace("things.show_plain", "things.show_plan")).await;
    let problem = told.problem(409, "conflict");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("routes/things.toml:") && detail.contains("did you mean `show_plain`?"), "{detail}");
    world.get("/api/v1/plain/1").await.expect(200);
    reload(&world, |text| format!("{}{}", text.replace("show_plan\"", "show_plain\""), "[[route]"))
        .await
        .problem(409, "conflict");
    world.get("/api/v1/plain/1").await.expect(200);
}

#[tokio::test]
async fn what_is_read_at_the_start_only_is_told_apart() {
    let world = World::new().await;
    let path = world.gateway.files().join("gateway.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("[auth]\nissuer = \"another\"\n[limits]\nconnections = 9\n{text}")).unwrap();
    let told = reload(&world, |text| text + MORE).await.problem(409, "conflict");
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains("[auth], the number of connections and uploads are read at the start only"), "{detail}");
    world.get("/api/v1/more/1").await.problem(404, "route_not_found");
}

#[tokio::test]
async fn nobody_who_does_not_mean_it_changes_anything() {
    let world = World::new().await;
    let stranger = testkit::Caller::new(world.gateway.admin);
    stranger.call(Method::POST, "/reload").await.problem(403, "forbidden");
    stranger.call(Method::DELETE, "/cache?all=true").await.problem(403, "forbidden");
    stranger.get("/cache").await.expect(200);
    world.gateway.caller().call(Method::POST, "/reload").await.problem(404, "route_not_found");
}

#[tokio::test]
async fn what_is_kept_survives_where_the_route_means_the_same() {
    let world = World::new().await;
    for path in ["/things/1", "/timed/1"] {
        world.script.plays(path, Played::ok("max-age=600"));
        world.get(&format!("/api/v1{path}")).await;
    }
    // The lines move, and one route means something else.
    let change = |text: String| {
        format!("# a comment\n\n{text}")
            .replace("ttl = \"60s\", stale_while_revalidate", "ttl = \"61s\", stale_while_revalidate")
    };
    reload(&world, change).await.expect(200);
    assert_eq!(word(&world.get("/api/v1/things/1").await), "hit");
    assert_eq!(word(&world.get("/api/v1/timed/1").await), "fwd=uri-miss");
    let metrics = world.gateway.operator().get("/metrics").await.text();
    let line = "agora_cache_answers_total{route=\"GET /api/v1/things/{id}\",outcome=\"miss\"} 1\n";
    assert!(metrics.contains(line), "counters go on: {metrics}");
}

#[tokio::test]
async fn breakers_of_services_that_did_not_change_stay_open() {
    let world = World::new().await;
    world.gateway.upstream("things").sever(true);
    let mut calls = 0;
    while world.get("/api/v1/plain/1").await.json()["code"] != "circuit_open" {
        calls += 1;
        assert!(calls < 20, "the breaker never opens");
    }
    reload(&world, |text| text + MORE).await.expect(200);
    world.get("/api/v1/more/1").await.problem(503, "circuit_open");
}

const FEW: &str = r#"
[[route]]
match  = "GET /api/v1/few/{id}"
to     = "things.show_plain"
access = "anyone"
limit  = "few"
"#;

#[tokio::test]
async fn a_quota_that_is_used_up_stays_so_unless_the_policy_changes() {
    let world = World::with("[limits.few]\nrate = \"1/h\"\nburst = 1\nper = \"address\"", FEW).await;
    world.get("/api/v1/few/1").await.expect(200);
    world.get("/api/v1/few/1").await.problem(429, "rate_limited");
    reload(&world, |text| text + MORE).await.expect(200);
    world.get("/api/v1/few/1").await.problem(429, "rate_limited");
    world.reload("gateway.toml", |text| text.replace("burst = 1", "burst = 2")).await.expect(200);
    world.get("/api/v1/few/1").await.expect(200);
}

#[tokio::test]
async fn who_asks_services_by_itself_asks_them_where_they_are_now() {
    let world = World::new().await;
    let state = || async {
        let health = world.get("/healthz").await.json();
        let of_users =
            health["services"].as_array().unwrap().iter().find(|one| one["name"] == "users").unwrap().clone();
        of_users["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state().await, "down");
    let url = world.service.url();
    world.reload("gateway.toml", |text| text.replace("http://127.0.0.1:9", &url)).await.expect(200);
    assert_eq!(state().await, "up");
}

#[tokio::test]
async fn a_service_is_guarded_as_the_new_files_say() {
    let world = World::new().await;
    let one = |text: String| text.replace("timeout = \"20s\"", "timeout = \"20s\"\nmax_in_flight = 1");
    world.reload("gateway.toml", one).await.expect(200);
    let gate = world.script.gate("/plain/1");
    let held = tokio::spawn(world.caller().get("/api/v1/plain/1").into_future());
    wait(&world, "the service is asked", |world| world.calls() == 1).await;
    world.get("/api/v1/plain/2").await.problem(503, "bulkhead_full");
    gate.add_permits(1);
    held.await.unwrap().expect(200);
}

#[tokio::test]
async fn requests_that_wait_are_counted_on() {
    let world = World::with("[limits]\nrequests_in_flight = 1", "").await;
    let gate = world.script.gate("/plain/1");
    let held = tokio::spawn(world.caller().get("/api/v1/plain/1").into_future());
    wait(&world, "the service is asked", |world| world.calls() == 1).await;
    reload(&world, |text| text + MORE).await.expect(200);
    world.get("/api/v1/more/2").await.problem(503, "overloaded");
    gate.add_permits(1);
    held.await.unwrap().expect(200);
    world.get("/api/v1/more/2").await.expect(200);
}

#[tokio::test]
async fn a_request_ends_by_the_plan_with_which_it_began() {
    let world = World::new().await;
    let gate = world.script.gate("/plain/1");
    let slow = tokio::spawn(world.caller().get("/api/v1/plain/1").into_future());
    wait(&world, "the service is asked", |world| world.calls() == 1).await;
    reload(&world, |text| text.replace("/api/v1/plain/", "/api/v1/simple/")).await.expect(200);
    world.get("/api/v1/plain/2").await.problem(404, "route_not_found");
    gate.add_permits(1);
    assert_eq!(version(&slow.await.unwrap().expect(200)), 1);
}

#[tokio::test]
async fn a_hundred_reloads_fail_no_request() {
    let world = Arc::new(World::on_threads(2).await);
    world.script.plays("/things/1", Played::ok("max-age=600"));
    let (ends, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load: Vec<_> = (0..4)
        .map(|number| {
            let (world, ends, answered) = (Arc::clone(&world), Arc::clone(&ends), Arc::clone(&answered));
            tokio::spawn(async move {
                let path = ["/api/v1/plain/1", "/api/v1/things/1", "/api/v1/mine", "/api/v1/both/1"][number];
                let caller = world.user("7");
                while !ends.load(Ordering::SeqCst) {
                    caller.get(path).await.expect(200);
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for number in 0..100 {
        let change = |text: String| if number % 2 == 0 { text + MORE } else { text.replace(MORE, "") };
        reload(&world, change).await.expect(200);
        let expected = if number % 2 == 0 { 200 } else { 404 };
        world.get("/api/v1/more/1").await.expect(expected);
    }
    ends.store(true, Ordering::SeqCst);
    for caller in load {
        caller.await.unwrap();
    }
    assert!(answered.load(Ordering::SeqCst) > 200, "{} answers are no load", answered.load(Ordering::SeqCst));
}

#[tokio::test]
async fn operators_say_what_is_forgotten() {
    let world = World::new().await;
    let fill = || async {
        for (path, groups) in [("/things/1", "\"user:7\""), ("/things/2", "\"user:8\""), ("/things/3", "")] {
            world.script.plays(path, Played::ok("max-age=600").with("cache-groups", groups));
            world.get(&format!("/api/v1{path}")).await;
        }
    };
    let kept = || async {
        let mut kept = Vec::new();
        for number in 1..=3 {
            let answer = world
                .caller()
                .with_header("cache-control", "only-if-cached")
                .get(&format!("/api/v1/things/{number}"))
                .await;
            kept.push(answer.status == 200);
        }
        kept
    };
    let cases = [
        ("tag=user%3A7", [false, true, true]),
        ("path=/api/v1/things/2", [true, false, true]),
        ("all=true", [false, false, false]),
    ];
    for (query, expected) in cases {
        fill().await;
        world.gateway.operator().call(Method::DELETE, &format!("/cache?{query}")).await.expect(204);
        assert_eq!(kept().await, expected, "{query}");
    }
    fill().await;
    for wrong in ["", "?tag=a&path=b", "?all=false", "?everything=true"] {
        world
            .gateway
            .operator()
            .call(Method::DELETE, &format!("/cache{wrong}"))
            .await
            .problem(400, "invalid_parameter");
    }
    let stats = world.gateway.operator().get("/cache").await.json();
    assert_eq!(stats["keys"], 3);
    assert!(stats["bytes"].as_u64().unwrap() > 1000 && stats["budget"] == 64 * 1024 * 1024, "{stats}");
}
