//! What happens when users is not what it should be.

use http::StatusCode;
use serde_json::json;

use super::world::{World, bearer};

#[tokio::test]
async fn users_being_down_is_503_with_the_cause_and_consumes_nothing() {
    let world = World::new();
    let login = world.login().await;
    world.users.sever(true);
    let credentials = json!({"login": "ada", "password": "secret"});
    let refresh = json!({"refresh_token": login.refresh_token()});
    let calls = [
        ("/auth/login", credentials),
        ("/auth/register", json!({"username": "eve", "password": "secret"})),
        ("/auth/refresh", refresh.clone()),
        ("/auth/logout", refresh),
    ];
    for (path, body) in calls {
        let answer = world.post(path, body, &[]).await;
        answer.is_problem(503, "upstream_unavailable");
        assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
        assert!(answer.header("proxy-status").unwrap().ends_with("error=connection_refused"));
        assert_eq!(answer.body["retryable"], true);
    }
    assert!(world.check(&login).is_ok(), "verification goes on");
    world.users.sever(false);
    assert_eq!(world.refresh(login.refresh_token()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn being_down_is_no_failed_login() {
    let world = World::new();
    world.users.sever(true);
    for _ in 0..10 {
        let answer = world.post("/auth/login", json!({"login": "ada", "password": "secret"}), &[]).await;
        answer.is_problem(503, "upstream_unavailable");
    }
    world.users.sever(false);
    world.login().await;
}

#[tokio::test]
async fn an_assertion_that_users_does_not_accept_is_the_gateways_fault_and_not_the_clients() {
    let world = World::new();
    let refused = (StatusCode::UNAUTHORIZED, json!({"code": "unauthenticated"}));
    world.stub.know(|known| known.instead = Some(refused));
    let answer = world.post("/auth/login", json!({"login": "ada", "password": "secret"}), &[]).await;
    answer.is_problem(502, "identity_rejected");
}

#[tokio::test]
async fn an_answer_that_breaks_the_contract_is_502() {
    let world = World::new();
    for odd in [json!({}), json!({"user": {"id": "7"}, "session": {}}), json!([])] {
        world.stub.know(|known| known.instead = Some((StatusCode::OK, odd)));
        let answer = world.post("/auth/login", json!({"login": "ada", "password": "secret"}), &[]).await;
        answer.is_problem(502, "upstream_invalid");
    }
}

#[tokio::test]
async fn a_busy_users_is_passed_on() {
    let world = World::new();
    let busy = (StatusCode::SERVICE_UNAVAILABLE, json!({"code": "overloaded"}));
    world.stub.know(|known| known.instead = Some(busy));
    let answer = world.post("/auth/login", json!({"login": "ada", "password": "secret"}), &[]).await;
    answer.is_problem(503, "overloaded");
}

#[tokio::test]
async fn a_disabled_account_is_told_so_and_counts_as_no_failure() {
    let world = World::new();
    world.stub.know(|known| known.instead = Some((StatusCode::FORBIDDEN, json!({"code": "forbidden"}))));
    for _ in 0..6 {
        let answer = world.post("/auth/login", json!({"login": "ada", "password": "secret"}), &[]).await;
        answer.is_problem(403, "forbidden");
    }
    let answer = world.form("grant_type=password&username=ada&password=secret", &[]).await;
    answer.is_problem(400, "invalid_grant");
}

#[tokio::test]
async fn a_key_that_left_the_file_ends_its_tokens_and_a_new_one_signs() {
    let world = World::new();
    let old = world.login().await;
    let path = world.directory.path().join("signing.pem");
    let old_pem = std::fs::read_to_string(&path).unwrap();
    let new_pem = crate::auth::keys::tests::PEM;
    std::fs::write(&path, format!("{new_pem}{old_pem}")).unwrap();
    world.auth.reload_keys().unwrap();
    let during = world.login().await;
    assert!(world.check(&old).is_ok() && world.check(&during).is_ok());
    let moved = world.refresh(old.refresh_token()).await;
    assert_eq!(moved.status, StatusCode::OK, "a session outlives its key");
    std::fs::write(&path, new_pem).unwrap();
    world.auth.reload_keys().unwrap();
    let gone = world.get("/auth/introspect", &[("bearer", &bearer(old.access()))]).await;
    gone.is_problem(401, "token_invalid");
    assert!(world.check(&during).is_ok());
    assert_eq!(world.refresh(moved.refresh_token()).await.status, StatusCode::OK, "it moved to the new key");
    std::fs::write(&path, "nothing").unwrap();
    assert!(world.auth.reload_keys().is_err());
    assert!(world.check(&during).is_ok(), "a bad file changes nothing");
}
