//! Many requests for one thing are one call.

use super::world::{Played, World, version, wait, word};
use futures_util::future::join_all;

#[tokio::test]
async fn two_hundred_requests_for_one_thing_are_one_call() {
    let world = World::new().await;
    let gate = world.script.gate("/timed/1");
    let caller = world.caller();
    let requests: Vec<_> = (0..200).map(|_| tokio::spawn(caller.get("/api/v1/timed/1").into_future())).collect();
    wait(&world, "the service is asked", |world| world.calls() > 0).await;
    gate.add_permits(200);
    let answers: Vec<_> = join_all(requests).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(world.calls(), 1);
    assert!(answers.iter().all(|answer| version(answer) == 1 && answer.status == 200));
    let collapsed = answers.iter().filter(|answer| answer.header("cache-status").ends_with("; collapsed")).count();
    let led = answers.iter().filter(|answer| answer.header("cache-status").ends_with("; stored")).count();
    let hits = answers.iter().filter(|answer| word(answer) == "hit").count();
    assert_eq!((led, collapsed + hits), (1, 199), "{collapsed} waited, {hits} came later");
}

#[tokio::test]
async fn two_users_are_two_calls() {
    let world = World::new().await;
    let gate = world.script.gate("/mine");
    let callers = [world.user("7"), world.user("8")];
    let requests: Vec<_> =
        (0..100).map(|number| tokio::spawn(callers[number % 2].get("/api/v1/mine").into_future())).collect();
    wait(&world, "the service is asked for both", |world| world.calls() == 2).await;
    gate.add_permits(100);
    for (number, answer) in join_all(requests).await.into_iter().enumerate() {
        assert_eq!(answer.unwrap().json()["caller"]["sub"], ["7", "8"][number % 2]);
    }
    assert_eq!(world.calls(), 2);
}

#[tokio::test]
async fn a_leader_that_leaves_harms_nobody() {
    let world = World::new().await;
    let gate = world.script.gate("/timed/1");
    let leader = tokio::spawn(world.caller().get("/api/v1/timed/1").into_future());
    wait(&world, "the service is asked", |world| world.calls() == 1).await;
    let followers: Vec<_> =
        (0..20).map(|_| tokio::spawn(world.caller().get("/api/v1/timed/1").into_future())).collect();
    leader.abort();
    assert!(leader.await.is_err());
    gate.add_permits(20);
    for answer in join_all(followers).await {
        assert_eq!(version(&answer.unwrap()), 1);
    }
    assert_eq!(world.calls(), 1);
    assert_eq!(word(&world.get("/api/v1/timed/1").await), "hit", "it was kept all the same");
}

#[tokio::test]
async fn what_is_not_kept_is_not_shared() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("no-store"));
    let gate = world.script.gate("/things/1");
    let caller = world.caller();
    let requests: Vec<_> = (0..20).map(|_| tokio::spawn(caller.get("/api/v1/things/1").into_future())).collect();
    wait(&world, "the service is asked", |world| world.calls() > 0).await;
    gate.add_permits(20);
    let mut versions: Vec<u64> = join_all(requests).await.into_iter().map(|answer| version(&answer.unwrap())).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=20).collect::<Vec<_>>(), "each has an answer of its own");
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
    let world = World::new().await;
    world.gateway.upstream("things").sever(true);
    let caller = world.caller();
    let answers = join_all((0..10).map(|_| caller.get("/api/v1/timed/1").into_future())).await;
    for answer in answers {
        answer.problem(503, "upstream_unavailable");
    }
}
