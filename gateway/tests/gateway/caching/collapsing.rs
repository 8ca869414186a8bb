//! Many requests for one thing are one call.

use super::world::{PATIENCE, Played, World, version, wait, word};
use futures_util::future::join_all;

#[tokio::test]
async fn two_hundred_requests_for_one_thing_are_one_call() {
    let world = World::new().await;
    let gate = world.script.gate("/timed/1");
    let requests = world.all_on_their_way(200, &world.caller().get("/api/v1/timed/1")).await;
    gate.add_permits(200);
    let answers: Vec<_> = join_all(requests).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(world.calls_to("/timed/1"), 1);
    assert!(answers.iter().all(|answer| version(answer) == version(&answers[0]) && answer.status == 200));
    let collapsed = answers.iter().filter(|answer| answer.header("cache-status").ends_with("; collapsed")).count();
    let led = answers.iter().filter(|answer| answer.header("cache-status").ends_with("; stored")).count();
    assert_eq!((led, collapsed), (1, 199), "all came before there was an answer");
}

#[tokio::test]
async fn two_users_are_two_calls() {
    let world = World::new().await;
    let gate = world.script.gate("/mine");
    let callers = [world.user("7"), world.user("8")];
    let mut requests = Vec::new();
    for caller in &callers {
        requests.push(world.all_on_their_way(50, &caller.get("/api/v1/mine")).await);
    }
    gate.add_permits(100);
    for (requests, sub) in requests.into_iter().zip(["7", "8"]) {
        let answers: Vec<_> = join_all(requests).await.into_iter().map(Result::unwrap).collect();
        assert!(answers.iter().all(|answer| answer.json()["caller"]["sub"] == sub));
        let waited = answers.iter().filter(|answer| answer.header("cache-status").ends_with("; collapsed")).count();
        assert_eq!(waited, 49);
    }
    assert_eq!(world.calls_to("/mine"), 2);
}

#[tokio::test]
async fn a_leader_that_leaves_harms_nobody() {
    let world = World::new().await;
    let gate = world.script.gate("/timed/1");
    let leader = tokio::spawn(world.caller().get("/api/v1/timed/1").into_future());
    wait(&world, "the service is asked", |world| world.calls() == 1).await;
    let followers = world.all_on_their_way(20, &world.caller().get("/api/v1/timed/1")).await;
    leader.abort();
    assert!(leader.await.is_err());
    let left = || async {
        let told = world.gateway.operator().get("/metrics").await.text();
        told.contains("agora_requests_total{route=\"GET /api/v1/timed/{id}\",status=\"499\"} 1").then_some(())
    };
    testkit::until("the gateway knows that it has left", PATIENCE, left).await;
    gate.add_permits(20);
    for answer in join_all(followers).await {
        assert_eq!(version(&answer.unwrap()), 1);
    }
    assert_eq!(world.calls_to("/timed/1"), 1);
    assert_eq!(word(&world.get("/api/v1/timed/1").await), "hit", "it was kept all the same");
}

#[tokio::test]
async fn what_is_not_kept_is_not_shared() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("no-store"));
    let gate = world.script.gate("/things/1");
    let requests = world.all_on_their_way(20, &world.caller().get("/api/v1/things/1")).await;
    assert_eq!(world.calls_to("/things/1"), 1, "all others wait");
    gate.add_permits(20);
    let mut versions: Vec<u64> = join_all(requests).await.into_iter().map(|answer| version(&answer.unwrap())).collect();
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), 20, "each has an answer of its own");
}

#[tokio::test]
async fn who_would_wait_for_what_is_not_kept_does_not_wait_twice() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("no-store"));
    world.get("/api/v1/things/1").await;
    let gate = world.script.gate("/things/1");
    let requests: Vec<_> = (0..5).map(|_| tokio::spawn(world.caller().get("/api/v1/things/1").into_future())).collect();
    wait(&world, "all are asked at once, though none is answered", |world| world.calls() == 6).await;
    gate.add_permits(5);
    for answer in join_all(requests).await {
        assert_eq!(answer.unwrap().status, 200);
    }
}

#[tokio::test]
async fn nobody_answers_and_all_who_wait_learn_it_at_once() {
    let world = World::with("", HASTY).await;
    let _never = world.script.gate("/timed/1");
    let requests = world.all_on_their_way(10, &world.caller().get("/api/v1/hasty/1")).await;
    for answer in join_all(requests).await {
        answer.unwrap().problem(503, "upstream_timeout");
    }
    assert_eq!(world.calls_to("/timed/1"), 1, "nobody asks once more");
}

const HASTY: &str = r#"
[[route]]
match   = "GET /api/v1/hasty/{id}"
to      = "things.show_timed"
access  = "anyone"
timeout = "1s"
cache   = { scope = "public" }
"#;
