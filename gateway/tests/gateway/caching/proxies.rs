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
