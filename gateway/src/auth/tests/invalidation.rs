//! What users says a write has changed goes on with the answer of the operation that made the write.

use http::{Method, StatusCode};
use principal::Principal;
use serde_json::json;

use super::world::{Answer, World, bearer, request};

const FIELD: &str = "cache-group-invalidation";
const CHANGED: &str = "\"user:7\", \"users\"";

/// A world whose service users says of every write that it has changed this.
async fn world() -> (World, Answer) {
    let world = World::new();
    let session = world.login().await;
    assert!(session.header(FIELD).is_none(), "nothing is made up");
    world.stub.know(|known| known.changed = Some(CHANGED));
    (world, session)
}

fn told(answer: &Answer) -> Vec<&str> {
    answer.headers.get_all(FIELD).iter().map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn what_opens_or_carries_on_a_session_hands_on_what_has_changed() {
    let (world, session) = world().await;
    let registered = world.post("/auth/register", json!({"username": "eve", "password": "secret6"}), &[]).await;
    assert_eq!((registered.status, told(&registered)), (StatusCode::CREATED, vec![CHANGED]));
    assert_eq!(told(&world.login().await), [CHANGED]);
    assert_eq!(told(&world.refresh(session.refresh_token()).await), [CHANGED]);
    let form = world.form("grant_type=password&username=ada&password=secret", &[]).await;
    assert_eq!((form.status, told(&form)), (StatusCode::OK, vec![CHANGED]));
}

#[tokio::test]
async fn a_change_of_the_password_hands_on_what_has_changed() {
    let (world, session) = world().await;
    let caller = world.check(&session).unwrap();
    let body = json!({"current_password": "secret", "new_password": "battery staple"});
    let answer = world.send(&caller, request(Method::PUT, "/auth/password", Some(body), &[])).await;
    assert_eq!((answer.status, told(&answer)), (StatusCode::OK, vec![CHANGED]));
}

#[tokio::test]
async fn a_logout_hands_on_what_each_of_its_writes_has_changed() {
    let (world, session) = world().await;
    let nobody = world.post("/auth/logout", json!({}), &[]).await;
    assert_eq!((nobody.status, told(&nobody)), (StatusCode::NO_CONTENT, vec![]));
    let body = json!({"refresh_token": session.refresh_token()});
    let both = request(Method::POST, "/auth/logout", Some(body), &[("bearer", &bearer(session.access()))]);
    let answer = world.send(&Principal::anonymous(), both).await;
    assert_eq!((answer.status, told(&answer)), (StatusCode::NO_CONTENT, vec![CHANGED; 2]));
}

#[tokio::test]
async fn a_refusal_that_ends_a_session_says_so() {
    let (world, session) = world().await;
    world.stub.know(|known| known.instead = Some((StatusCode::BAD_REQUEST, json!({"code": "invalid_grant"}))));
    let answer = world.refresh(session.refresh_token()).await;
    answer.is_problem(400, "invalid_grant");
    assert_eq!(told(&answer), [CHANGED]);
}
