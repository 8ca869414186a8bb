//! Who gets whose answer.

use serde_json::{Value, json};

use super::world::{World, word};

async fn seen(caller: &testkit::Caller, path: &str) -> (String, Value) {
    let answer = caller.get(path).await;
    (word(&answer), answer.json()["caller"].clone())
}

const NOBODY: fn() -> Value = || json!({ "sub": null, "sid": null, "roles": [] });

#[tokio::test]
async fn what_is_public_is_asked_for_in_nobodys_name_and_shared() {
    let world = World::new().await;
    let path = "/api/v1/timed/1";
    assert_eq!(seen(&world.user("7"), path).await, ("fwd=uri-miss".to_owned(), NOBODY()));
    assert_eq!(seen(&world.user("8"), path).await, ("hit".to_owned(), NOBODY()));
    assert_eq!(seen(&world.caller(), path).await, ("hit".to_owned(), NOBODY()));
}

#[tokio::test]
async fn viewers_have_their_own_and_strangers_one_together() {
    let world = World::new().await;
    let path = "/api/v1/profiles/1";
    let of = |sub: &str| json!({ "sub": sub, "sid": null, "roles": [] });
    assert_eq!(seen(&world.caller(), path).await, ("fwd=uri-miss".to_owned(), NOBODY()));
    assert_eq!(seen(&world.caller(), path).await.0, "hit");
    assert_eq!(seen(&world.user("7"), path).await, ("fwd=uri-miss".to_owned(), of("7")));
    assert_eq!(seen(&world.user("8"), path).await, ("fwd=uri-miss".to_owned(), of("8")));
    assert_eq!(seen(&world.user_with("7", "another", &[]), path).await, ("hit".to_owned(), of("7")));
    let private = world.user("7").get(path).await;
    assert_eq!(private.header("cache-control"), "private, no-cache", "nobody else keeps it");
}

#[tokio::test]
async fn users_have_their_own_and_another_one_when_their_roles_change() {
    let world = World::new().await;
    let path = "/api/v1/mine";
    assert_eq!(seen(&world.user("7"), path).await.0, "fwd=uri-miss");
    assert_eq!(seen(&world.user("7"), path).await.0, "hit");
    assert_eq!(seen(&world.user_with("7", "session-of-7", &["admin"]), path).await.0, "fwd=uri-miss");
    assert_eq!(world.get(path).await.status, 401, "nobody gets it without a token");
}

#[tokio::test]
async fn claims_are_all_that_a_service_learns_where_they_keep_callers_apart() {
    let world = World::new().await;
    let path = "/api/v1/ranks";
    let admins = json!({ "sub": null, "sid": null, "roles": ["admin"] });
    assert_eq!(seen(&world.user_with("7", "a", &["admin"]), path).await, ("fwd=uri-miss".to_owned(), admins.clone()));
    assert_eq!(seen(&world.user_with("8", "b", &["admin"]), path).await, ("hit".to_owned(), admins));
    assert_eq!(seen(&world.user("9"), path).await, ("fwd=uri-miss".to_owned(), NOBODY()));
}

#[tokio::test]
async fn a_composed_answer_is_kept_for_those_who_may_share_all_of_it() {
    let world = World::new().await;
    let path = "/api/v1/both/1";
    let first = world.user("7").get(path).await;
    assert_eq!((word(&first).as_str(), world.calls()), ("fwd=uri-miss", 2));
    assert_eq!(first.json()["profile"]["caller"]["sub"], "7");
    let again = world.user("7").get(path).await;
    assert_eq!((word(&again).as_str(), again.text(), world.calls()), ("hit", first.text(), 2));
    let other = world.user("8").get(path).await;
    assert_eq!((word(&other).as_str(), world.calls()), ("fwd=uri-miss", 4));
    assert_eq!(other.json()["profile"]["caller"]["sub"], "8");
}
