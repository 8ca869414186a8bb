//! Guessing passwords gets slow.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;

use super::world::{Answer, World, request};

async fn guess(world: &World, login: &str) -> Answer {
    world.post("/auth/login", json!({"login": login, "password": "guess"}), &[]).await
}

#[tokio::test]
async fn the_fifth_wrong_password_in_a_row_is_throttled() {
    let world = World::new();
    for _ in 0..4 {
        guess(&world, "ada").await.is_problem(401, "invalid_credentials");
    }
    let answer = guess(&world, "Ada").await;
    answer.is_problem(429, "login_throttled");
    assert_eq!(answer.header("retry-after"), Some("1"));
    let asked = world.calls("open").len();
    let right = world.post("/auth/login", json!({"login": " ada", "password": "secret"}), &[]).await;
    right.is_problem(429, "login_throttled");
    assert_eq!(world.calls("open").len(), asked, "users is not asked while an account has to wait");
    world.pass(Duration::from_secs(1));
    world.login().await;
    guess(&world, "ada").await.is_problem(401, "invalid_credentials");
}

#[tokio::test]
async fn the_wait_doubles() {
    let world = World::new();
    for _ in 0..4 {
        guess(&world, "ada").await;
    }
    for seconds in ["1", "2", "4", "8", "16"] {
        let answer = guess(&world, "ada").await;
        answer.is_problem(429, "login_throttled");
        assert_eq!(answer.header("retry-after"), Some(seconds));
        world.pass(Duration::from_secs(seconds.parse().unwrap()));
    }
}

#[tokio::test]
async fn an_unknown_account_is_treated_like_a_known_one() {
    let world = World::new();
    for _ in 0..4 {
        guess(&world, "nobody").await.is_problem(401, "invalid_credentials");
    }
    guess(&world, "nobody").await.is_problem(429, "login_throttled");
}

#[tokio::test]
async fn the_oauth_form_counts_with_the_login() {
    let world = World::new();
    for _ in 0..4 {
        guess(&world, "ada").await;
    }
    let answer = world.form("grant_type=password&username=ada&password=guess", &[]).await;
    answer.is_problem(429, "login_throttled");
    assert_eq!(answer.body["error"], "temporarily_unavailable");
}

#[tokio::test]
async fn a_stolen_access_token_does_not_help_to_guess_the_password() {
    let world = World::new();
    let caller = world.check(&world.login().await).unwrap();
    let change = |password: &str| {
        let body = json!({"current_password": password, "new_password": "another"});
        world.send(&caller, request(Method::PUT, "/auth/password", Some(body), &[]))
    };
    for _ in 0..4 {
        change("guess").await.is_problem(422, "validation_failed");
    }
    change("guess").await.is_problem(429, "login_throttled");
    change("secret").await.is_problem(429, "login_throttled");
    world.pass(Duration::from_secs(1));
    assert_eq!(change("secret").await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_can_log_in_as_somebodys_change_of_password() {
    let world = World::new();
    let caller = world.check(&world.login().await).unwrap();
    for login in ["password of 7", "7", "ada@demo.test"] {
        for _ in 0..5 {
            guess(&world, login).await;
        }
        guess(&world, login).await.is_problem(429, "login_throttled");
    }
    let body = json!({"current_password": "secret", "new_password": "another"});
    let changed = world.send(&caller, request(Method::PUT, "/auth/password", Some(body), &[])).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
}
