//! Who waits for a call of somebody else, and what becomes of two calls for one thing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use testkit::Answer;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::caching::world::{Played, World, is_kept, over, version, wait, word};

const SLOW: &str = r#"
[[route]]
match   = "GET /api/v1/slow/{id}"
to      = "things.show_thing"
access  = "anyone"
timeout = "2s"
cache   = { scope = "public" }
"#;

const HELD: &str = r#"
[[route]]
match    = "GET /api/v1/held/{id}"
to       = "things.show_thing"
access   = "anyone"
contract = "enforce"
cache    = { scope = "public", ttl = "60s" }
"#;

/// One call takes so long: two of them do not fit into the time of the route, but each of them does.
const MORE_THAN_HALF: Duration = Duration::from_millis(1_100);

/// Somebody asks for an answer with this `Cache-Control`, which is held back until the gate gets a permit; whoever asks later
/// does not wait for it.
async fn asked_early(world: &World, control: &str) -> (Arc<Semaphore>, JoinHandle<Answer>) {
    world.script.plays("/things/1", Played::ok(control));
    let gate = world.script.gate("/things/1");
    let early = tokio::spawn(world.caller().get("/api/v1/things/1").into_future());
    wait(world, "the service is asked", |world| world.calls() == 1).await;
    world.script.gate("/things/1").add_permits(10);
    (gate, early)
}

#[tokio::test]
async fn who_waited_in_vain_has_all_of_its_own_time() {
    let unlike = Played::ok("max-age=60").with("vary", "accept-language");
    for played in [Played::ok("no-store"), unlike] {
        let world = World::with("", SLOW).await;
        world.script.plays("/things/1", played);
        let gate = world.script.gate("/things/1");
        let ask = |language: &str| world.caller().with_header("accept-language", language).get("/api/v1/slow/1");
        let began = Instant::now();
        let first = world.on_its_way(ask("de")).await;
        let second = world.on_its_way(ask("en")).await;
        over(began, MORE_THAN_HALF).await;
        gate.add_permits(1);
        first.await.unwrap().expect(200);
        let began = Instant::now();
        wait(&world, "the service is asked for the second one", |world| world.calls_to("/things/1") == 2).await;
        over(began, MORE_THAN_HALF).await;
        gate.add_permits(1);
        second.await.unwrap().expect(200);
    }
}

#[tokio::test]
async fn a_strict_refusal_is_no_answer_to_those_who_take_less() {
    let world = World::new().await;
    world.script.plays("/profiles/1", Played::ok("").status(503).body("{}"));
    let gate = world.script.gate("/profiles/1");
    let strict = world.on_its_way(world.caller().with_header("prefer", "handling=strict").get("/api/v1/both/1")).await;
    let others = world.on_its_way(world.caller().get("/api/v1/both/1")).await;
    gate.add_permits(20);
    strict.await.unwrap().problem(503, "part_failed");
    let others = others.await.unwrap().expect(200);
    assert!(others.header("gateway-parts").starts_with("profile;"), "{}", others.sentence());
}

#[tokio::test]
async fn an_answer_that_breaks_its_contract_is_given_to_the_one_who_asked() {
    let world = World::with("", HELD).await;
    world.script.plays("/things/1", Played::ok("").status(202));
    let gate = world.script.gate("/things/1");
    let first = world.on_its_way(world.caller().get("/api/v1/held/1")).await;
    wait(&world, "the service is asked", |world| world.calls_to("/things/1") == 1).await;
    world.script.plays("/things/1", Played::ok(""));
    let others = world.all_on_their_way(4, &world.caller().get("/api/v1/held/1")).await;
    gate.add_permits(20);
    first.await.unwrap().problem(502, "contract_violation");
    for answer in join_all(others).await {
        answer.unwrap().expect(200);
    }
}

#[tokio::test]
async fn what_is_to_be_asked_for_each_time_is_not_shared_by_those_who_wait() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("no-cache").with("etag", "\"1\""));
    let gate = world.script.gate("/things/1");
    let sent = world.all_on_their_way(5, &world.caller().get("/api/v1/things/1")).await;
    gate.add_permits(5);
    let mut versions: Vec<u64> = join_all(sent).await.into_iter().map(|answer| version(&answer.unwrap())).collect();
    versions.sort_unstable();
    versions.dedup();
    assert_eq!((versions.len(), world.calls_to("/things/1")), (5, 5), "each has an answer of its own");
}

#[tokio::test]
async fn of_two_answers_the_one_that_was_asked_for_later_stays() {
    let world = World::new().await;
    let (gate, early) = asked_early(&world, "max-age=60").await;
    let late = world.caller().with_header("cache-control", "no-cache").get("/api/v1/things/1").await;
    assert_eq!(version(&late), 2);
    gate.add_permits(1);
    assert_eq!(version(&early.await.unwrap()), 1, "it is its own answer all the same");
    let kept = world.get("/api/v1/things/1").await;
    assert_eq!((word(&kept).as_str(), version(&kept)), ("hit", 2));
}

#[tokio::test]
async fn what_was_asked_for_earlier_is_not_kept_after_an_answer_that_must_not_be() {
    let world = World::new().await;
    let (gate, early) = asked_early(&world, "max-age=60").await;
    world.script.plays("/things/1", Played::ok("no-store"));
    world.caller().with_header("cache-control", "no-cache").get("/api/v1/things/1").await.expect(200);
    gate.add_permits(1);
    assert_eq!(version(&early.await.unwrap()), 1);
    assert!(!is_kept(&world, "/things/1").await);
}

#[tokio::test]
async fn an_answer_that_must_not_be_kept_does_not_end_what_was_asked_for_later() {
    let world = World::new().await;
    let (gate, early) = asked_early(&world, "no-store").await;
    world.script.plays("/things/1", Played::ok("max-age=60"));
    world.caller().with_header("cache-control", "no-cache").get("/api/v1/things/1").await.expect(200);
    gate.add_permits(1);
    assert_eq!(version(&early.await.unwrap()), 1);
    let kept = world.get("/api/v1/things/1").await;
    assert_eq!((word(&kept).as_str(), version(&kept)), ("hit", 2));
}

#[tokio::test]
async fn what_is_stale_when_it_comes_is_given_to_nobody_who_waited() {
    for played in [
        Played::ok("max-age=0, must-revalidate").with("etag", "\"1\""),
        Played::ok("max-age=9").with("age", "9").with("etag", "\"1\""),
    ] {
        let world = World::new().await;
        world.script.plays("/things/1", played);
        let gate = world.script.gate("/things/1");
        let all = world.all_on_their_way(3, &world.caller().get("/api/v1/things/1")).await;
        wait(&world, "the first is asked for", |world| world.calls_to("/things/1") == 1).await;
        gate.add_permits(10);
        let answers: Vec<_> = join_all(all).await.into_iter().map(Result::unwrap).collect();
        assert!(answers.iter().all(|answer| !answer.header("cache-status").contains("collapsed")));
        assert_eq!(world.calls_to("/things/1"), 3);
    }
}

#[tokio::test]
async fn what_waited_for_its_last_part_is_as_old_as_its_first() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=60"));
    world.script.plays("/profiles/1", Played::ok("max-age=60"));
    let gate = world.script.gate("/profiles/1");
    let began = Instant::now();
    let asked = tokio::spawn(world.caller().get("/api/v1/both/1").into_future());
    wait(&world, "both parts are asked for", |world| world.calls() == 2).await;
    over(began, MORE_THAN_HALF).await;
    gate.add_permits(10);
    asked.await.unwrap().expect(200);
    let kept = world.get("/api/v1/both/1").await;
    assert_eq!(
        (word(&kept).as_str(), kept.header("age").parse::<u64>().unwrap() >= 1),
        ("hit", true),
        "{}",
        kept.header("age")
    );
}
