//! Cookie mode: the refresh token never reaches a script, and no other site can use it.

use http::{Method, StatusCode};
use principal::Principal;
use serde_json::json;

use super::world::{Answer, World, request};

const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

async fn login(world: &World) -> Answer {
    let body = json!({"login": "ada", "password": "secret", "session": "cookie"});
    let answer = world.post("/auth/login", body, &[OWN]).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer
}

async fn with_cookie(world: &World, path: &str, cookie: &str, more: &[(&'static str, &str)]) -> Answer {
    let headers = [&[("cookie", cookie)], more].concat();
    world.send(&Principal::anonymous(), request(Method::POST, path, None, &headers)).await
}

#[tokio::test]
async fn a_browsers_refresh_token_is_in_the_cookie_and_not_in_the_body() {
    let world = World::new();
    let answer = login(&world).await;
    assert!(answer.body.get("refresh_token").is_none());
    let cookie = answer.header("set-cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/api/v1/auth", "Max-Age=1209600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let secure = World::secure();
    let cookie = login(&secure).await.header("set-cookie").unwrap().to_owned();
    assert!(cookie.starts_with("__Host-agora_refresh=") && cookie.ends_with("; Secure") && cookie.contains("Path=/;"));
}

#[tokio::test]
async fn the_cookie_refreshes_and_is_replaced() {
    let world = World::new();
    let first = login(&world).await.cookie();
    let answer = with_cookie(&world, "/auth/refresh", &first, &[OWN]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.get("refresh_token").is_none());
    assert!(world.check(&answer).is_ok());
    assert_ne!(answer.cookie(), first);
    let again = with_cookie(&world, "/auth/refresh", &first, &[OWN]).await;
    assert_eq!(again.cookie(), answer.cookie(), "a second tab gets the same one");
}

#[tokio::test]
async fn a_foreign_page_can_neither_refresh_nor_log_out_nor_log_in() {
    let world = World::new();
    let cookie = login(&world).await.cookie();
    for foreign in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        for path in ["/auth/refresh", "/auth/logout"] {
            with_cookie(&world, path, &cookie, &[foreign]).await.is_problem(403, "forbidden");
        }
        let body = json!({"login": "ada", "password": "secret", "session": "cookie"});
        world.post("/auth/login", body, &[foreign]).await.is_problem(403, "forbidden");
        let body = json!({"username": "eve", "password": "secret", "session": "cookie"});
        world.post("/auth/register", body, &[foreign]).await.is_problem(403, "forbidden");
    }
    assert!(world.calls("rotate").is_empty() && world.calls("close").is_empty());
    assert_eq!(world.calls("open").len(), 1);
    let own = with_cookie(&world, "/auth/refresh", &cookie, &[("origin", "https://app.example")]).await;
    assert_eq!(own.status, StatusCode::OK, "a listed origin may");
}

#[tokio::test]
async fn a_new_password_leaves_the_refresh_token_where_it_was_kept() {
    let world = World::new();
    let login = login(&world).await;
    let (caller, cookie) = (world.check(&login).unwrap(), login.cookie());
    let body = json!({"current_password": "secret", "new_password": "secret2"});
    let change = |headers: &[(&'static str, &str)]| request(Method::PUT, "/auth/password", Some(body.clone()), headers);
    let answer = world.send(&caller, change(&[("cookie", &cookie), OWN])).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert!(answer.body.get("refresh_token").is_none());
    assert_ne!(answer.cookie(), cookie);
    let foreign = change(&[("cookie", &cookie), ("sec-fetch-site", "cross-site")]);
    world.send(&caller, foreign).await.is_problem(403, "forbidden");
}

#[tokio::test]
async fn logging_out_removes_the_cookie() {
    let world = World::new();
    let answer = login(&world).await;
    let out = with_cookie(&world, "/auth/logout", &answer.cookie(), &[OWN]).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(
        out.header("set-cookie").unwrap().starts_with("agora_refresh=; ")
            && out.header("set-cookie").unwrap().contains("Max-Age=0")
    );
    assert!(world.check(&answer).is_err());
}

#[tokio::test]
async fn a_worthless_cookie_is_removed_and_a_usable_one_stays_when_users_is_down() {
    let world = World::new();
    let cookie = login(&world).await.cookie();
    world.users.sever(true);
    let down = with_cookie(&world, "/auth/refresh", &cookie, &[OWN]).await;
    down.is_problem(503, "upstream_unavailable");
    assert!(down.header("set-cookie").is_none());
    world.users.sever(false);
    let bad = with_cookie(&world, "/auth/refresh", "agora_refresh=nonsense", &[OWN]).await;
    bad.is_problem(400, "invalid_grant");
    assert!(bad.header("set-cookie").unwrap().contains("Max-Age=0"));
}

#[tokio::test]
async fn a_token_in_the_body_wins_over_the_cookie() {
    let world = World::new();
    let cookie = login(&world).await.cookie();
    let api = world.login().await;
    let body = json!({"refresh_token": api.refresh_token()});
    let answer = world.post("/auth/refresh", body, &[("cookie", &cookie), ("sec-fetch-site", "cross-site")]).await;
    assert_eq!(answer.status, StatusCode::OK, "no cookie was used, so no origin matters");
    assert!(answer.header("set-cookie").is_none() && answer.body.get("refresh_token").is_some());
}
