//! Opening, refreshing and ending a session, with tokens in the body.

use std::time::Duration;

use http::{Method, StatusCode};
use principal::Principal;
use serde_json::json;

use super::world::{START_MS, World, bearer, request};
use crate::auth::verify::TokenError;

#[tokio::test]
async fn a_login_answers_with_tokens_that_nobody_may_keep() {
    let world = World::new();
    let answer = world.login().await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!((&answer.body["token_type"], &answer.body["expires_in"]), (&json!("bearer"), &json!(600)));
    assert_eq!(answer.body["user"]["email"], "ada@demo.test");
    assert!(answer.header("set-cookie").is_none());
    let principal = world.check(&answer).unwrap();
    assert_eq!(principal.user_id(), Some(7));
    assert_eq!(principal.roles, ["seller"]);
    assert_eq!(principal.sid.as_deref(), Some("session-1"));
}

#[tokio::test]
async fn users_learns_the_hash_of_a_refresh_token_and_never_the_token() {
    let world = World::new();
    let token = world.login().await.refresh_token().to_owned();
    let next = world.refresh(&token).await.refresh_token().to_owned();
    let seen = format!("{:?}", world.stub.know(|known| known.seen.clone()));
    for token in [token, next] {
        assert!(!seen.contains(token.split_once('.').unwrap().1));
    }
    let (body, caller) = world.calls("open").remove(0);
    assert_eq!(body["token_hash"].as_str().unwrap().len(), 64);
    assert_eq!(caller, Principal::service("gateway"));
}

#[tokio::test]
async fn a_registration_answers_with_the_place_of_the_account_and_tokens() {
    let world = World::new();
    let body = json!({"username": "ada", "password": "secret6", "display_name": "Ada"});
    let answer = world.post("/auth/register", body, &[("user-agent", "curl/8")]).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header("location"), Some("/api/v1/users/ada"));
    assert!(world.check(&answer).is_ok());
    let (sent, _) = world.calls("register").remove(0);
    assert_eq!((&sent["display_name"], &sent["client"]), (&json!("Ada"), &json!("curl/8")));
    assert!(sent.get("email").is_none() && sent.get("session").is_none());
}

#[tokio::test]
async fn unknown_fields_are_refused_with_a_suggestion() {
    let world = World::new();
    let body = json!({"username": "ada", "password": "secret6", "roles": ["admin"]});
    world.post("/auth/register", body, &[]).await.is_problem(422, "validation_failed");
    let answer = world.post("/auth/login", json!({"login": "ada", "pasword": "x"}), &[]).await;
    answer.is_problem(422, "validation_failed");
    assert!(answer.body["errors"][0].to_string().contains("password"), "{answer:?}");
    assert!(world.stub.know(|known| known.seen.is_empty()), "users was not asked");
}

#[tokio::test]
async fn what_users_refuses_reaches_the_client_with_its_fields() {
    let world = World::new();
    let error = json!({"pointer": "/password", "code": "too_short", "message": "At least 6 characters."});
    let refused = json!({"code": "validation_failed", "errors": [error]});
    world.stub.know(|known| known.instead = Some((StatusCode::UNPROCESSABLE_ENTITY, refused)));
    let answer = world.post("/auth/register", json!({"password": "x"}), &[]).await;
    answer.is_problem(422, "validation_failed");
    assert_eq!(answer.body["errors"], json!([error]));
    world.stub.know(|known| known.instead = Some((StatusCode::CONFLICT, json!({"code": "username_taken"}))));
    world.post("/auth/register", json!({"password": "x"}), &[]).await.is_problem(409, "username_taken");
}

#[tokio::test]
async fn a_refresh_token_has_one_successor_however_often_it_is_presented() {
    let world = World::new();
    let first = world.login().await;
    let answers = [(); 5].map(|()| world.refresh(first.refresh_token()));
    let mut successors = Vec::new();
    for answer in answers {
        let answer = answer.await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(world.check(&answer).is_ok());
        successors.push(answer.refresh_token().to_owned());
    }
    successors.dedup();
    assert_eq!(successors.len(), 1);
    assert_ne!(successors[0], first.refresh_token());
    let restarted = world.restarted().refresh(first.refresh_token()).await;
    assert_eq!(restarted.refresh_token(), successors[0], "another process computes the same");
}

#[tokio::test]
async fn a_bad_refresh_token_is_invalid_grant() {
    let world = World::new();
    let login = world.login().await;
    for token in ["", "x", login.access(), &format!("{}x", login.refresh_token()), "AAAAAAAA.AAAA"] {
        world.refresh(token).await.is_problem(400, "invalid_grant");
    }
    assert!(world.calls("rotate").is_empty(), "users was not asked");
    world.post("/auth/refresh", json!({}), &[]).await.is_problem(400, "invalid_grant");
    let nothing = world.send(&Principal::anonymous(), request(Method::POST, "/auth/refresh", None, &[])).await;
    nothing.is_problem(400, "invalid_grant");
}

#[tokio::test]
async fn a_logout_ends_the_session_here_at_once() {
    let world = World::new();
    let login = world.login().await;
    let other = world.login().await;
    let answer = world.post("/auth/logout", json!({"refresh_token": login.refresh_token()}), &[]).await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::NO_CONTENT, Some("no-store")));
    assert_eq!(world.check(&login), Err(TokenError::Revoked));
    assert!(world.check(&other).is_ok(), "another session goes on");
    world.refresh(login.refresh_token()).await.is_problem(400, "invalid_grant");
}

#[tokio::test]
async fn a_logout_by_access_token_ends_its_session_and_asks_for_all_if_told_so() {
    let world = World::new();
    let login = world.login().await;
    let sent = request(Method::POST, "/auth/logout?all=true", None, &[("bearer", &bearer(login.access()))]);
    let answer = world.send(&Principal::anonymous(), sent).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(world.check(&login), Err(TokenError::Revoked));
    let (body, caller) = world.calls("close").remove(0);
    assert_eq!(body, json!({"sid": "session-1", "all": true}));
    assert_eq!(caller.user_id(), Some(7), "users is told whose session it is");
}

#[tokio::test]
async fn logging_out_again_or_with_nothing_valid_is_no_error() {
    let world = World::new();
    let login = world.login().await;
    for _ in 0..2 {
        let answer = world.post("/auth/logout", json!({"refresh_token": login.refresh_token()}), &[]).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }
    let revoked = bearer(login.access());
    for value in [revoked.as_str(), "Bearer nonsense", "Basic Og=="] {
        let sent = request(Method::POST, "/auth/logout", None, &[("bearer", value)]);
        let answer = world.send(&Principal::anonymous(), sent).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{value}");
    }
    world.post("/auth/logout?al=true", json!({}), &[]).await.is_problem(400, "invalid_parameter");
}

#[tokio::test]
async fn a_password_change_ends_every_other_session_and_opens_a_new_one() {
    let world = World::new();
    let login = world.login().await;
    let caller = world.check(&login).unwrap();
    world.pass(Duration::from_millis(1));
    let body = json!({"current_password": "secret", "new_password": "secret2"});
    let answer = world.send(&caller, request(Method::PUT, "/auth/password", Some(body), &[])).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(world.check(&login), Err(TokenError::Revoked), "at once");
    assert!(world.check(&answer).is_ok(), "the new session's token was issued after the revocation");
    assert_eq!(world.calls("password").remove(0).1, caller, "users knows who asks");
}

#[tokio::test]
async fn nobody_changes_a_password_without_being_signed_in() {
    let world = World::new();
    let body = json!({"current_password": "secret", "new_password": "secret2"});
    for caller in [Principal::anonymous(), Principal::service("feed")] {
        let sent = request(Method::PUT, "/auth/password", Some(body.clone()), &[]);
        world.send(&caller, sent).await.is_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn introspection_tells_what_the_token_says_without_asking_users() {
    let world = World::new();
    let login = world.login().await;
    world.users.sever(true);
    let answer = world.get("/auth/introspect", &[("bearer", &bearer(login.access()))]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let now = START_MS / 1000;
    let expected = json!({"active": true, "user_id": 7, "sub": "7", "sid": "session-1", "roles": ["seller"],
        "iss": "agora", "aud": "agora-api", "iat": now, "exp": now + 600});
    assert_eq!(answer.body, expected);
    world.get("/auth/introspect", &[]).await.is_problem(401, "unauthenticated");
    world.get("/auth/introspect", &[("bearer", "Bearer x.y.z")]).await.is_problem(401, "token_invalid");
    world.pass(Duration::from_secs(605));
    let expired = world.get("/auth/introspect", &[("bearer", &bearer(login.access()))]).await;
    expired.is_problem(401, "token_expired");
    assert!(expired.header("www-authenticate").unwrap().contains("invalid_token"));
}

#[tokio::test]
async fn the_operations_believe_nothing_but_a_signed_assertion() {
    let world = World::new();
    let login = world.login().await;
    let request = request(Method::GET, "/auth/introspect", None, &[("bearer", &bearer(login.access()))]);
    let response = tower::ServiceExt::oneshot(crate::auth::router(world.auth.clone()), request).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_a_problem_with_the_requests_id() {
    let world = World::new();
    let answer = world.get("/auth/nothing", &[("x-request-id", "request-12345")]).await;
    answer.is_problem(404, "route_not_found");
    assert_eq!(answer.body["request_id"], "request-12345");
    world.get("/auth/login", &[]).await.is_problem(405, "method_not_allowed");
}
