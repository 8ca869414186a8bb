//! Tokens as a client sees them: what the data plane lets through, and what a service is told.

pub(crate) mod forge;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use axum::routing::{get, post};
use axum::{Json, Router};
use boot::{CancellationToken, Profile};
use gateway::Config;
use gateway::plan::{Plan, Sources};
use http::Method;
use principal::{InternalKey, Principal, Verifier};
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{Caller, Stub};
use upstream::Upstream;

use self::forge::Forger;

const SECRET: &str = "a key of this test and of nothing else";

/// A gateway with the built-in plan in front of a stub of users.
struct World {
    address: SocketAddr,
    users: Upstream,
    stub: Stub,
    revocations: Arc<Mutex<Vec<Value>>>,
    directory: TempDir,
    stop: CancellationToken,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl World {
    async fn new() -> Self {
        let revocations = Arc::<Mutex<Vec<Value>>>::default();
        let stub = Stub::start(users(revocations.clone())).await;
        let users = Upstream::remote("users", &[stub.url().parse().unwrap()]).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = Config {
            profile: Profile::Demo,
            listen: Some(any),
            admin: Some(any),
            threads: NonZeroUsize::MIN,
            keys: directory.path().join("keys"),
            internal_key: Some(internal_key()),
        };
        let plan = Plan::load(&Sources::embedded()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let gateway = gateway::build(config, plan, vec![users.clone()]).unwrap();
        let (bound, stop) = (gateway.bind().unwrap(), CancellationToken::new());
        let address = bound.address();
        tokio::spawn(bound.run(stop.clone().cancelled_owned(), None));
        Self { address, users, stub, revocations, directory, stop }
    }

    fn caller(&self) -> Caller {
        Caller::new(self.address)
    }

    fn keys(&self) -> PathBuf {
        self.directory.path().join("keys/signing.pem")
    }

    async fn login(&self) -> Value {
        let login = json!({"login": "ada", "password": "password"});
        self.caller().post("/api/v1/auth/login", &login).await.expect(200).json()
    }

    /// Requests that reached users for its own sake: the poll for revocations is the gateway's.
    fn reached(&self) -> usize {
        self.stub.requests().iter().filter(|request| !request.uri.path().starts_with("/internal/")).count()
    }
}

fn internal_key() -> InternalKey {
    InternalKey::from_secret(&SecretString::from(SECRET)).unwrap()
}

fn now_ms() -> i64 {
    i64::try_from(UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap()
}

fn users(revocations: Arc<Mutex<Vec<Value>>>) -> Router {
    let list = move || async move {
        let items = revocations.lock().unwrap().clone();
        Json(json!({"items": items, "next_after": 0}))
    };
    Router::new()
        .route("/internal/sessions", post(|| async { Json(opened()) }))
        .route("/internal/sessions/rotate", post(|| async { Json(opened()) }))
        .route("/internal/sessions/close", post(|| async { Json(json!({"revoked": []})) }))
        .route("/internal/revocations", get(list))
        .fallback(|| async { Json(json!({"items": [], "next_cursor": null, "has_more": false})) })
}

fn opened() -> Value {
    json!({
        "user": {"id": 7, "username": "ada", "display_name": "Ada", "roles": ["seller"]},
        "session": {"id": "session-1", "created_at": "2026-01-01T00:00:00.000Z", "expires_at": "2099-01-01T00:00:00.000Z"},
        "as_of_ms": now_ms(),
    })
}

#[tokio::test]
async fn every_forged_token_is_refused_before_a_service_is_asked() {
    let world = World::new().await;
    let login = world.login().await;
    let forger = Forger::new(&world.keys());
    let reached = world.reached();
    let forged = forger.forged(login["access_token"].as_str().unwrap(), login["refresh_token"].as_str().unwrap());
    assert!(forged.len() > 30);
    for (what, token) in forged {
        for path in ["/api/v1/users", "/api/v1/users/me"] {
            let answer = world.caller().get(path).bearer(&token).await;
            assert_eq!(answer.status, 401, "{what} at {path}: {}", answer.sentence());
            answer.problem(401, "token_invalid");
            assert!(answer.header("www-authenticate").contains("invalid_token"), "{what}");
        }
    }
    assert_eq!(world.reached(), reached, "a forged token reached users");
    let _ = world.caller().get("/api/v1/users/me").bearer(&forger.genuine()).await.expect(200);
}

#[tokio::test]
async fn an_expired_token_is_told_apart_from_a_forged_one() {
    let world = World::new().await;
    let forger = Forger::new(&world.keys());
    let answer = world.caller().get("/api/v1/users").bearer(&forger.expired()).await;
    answer.problem(401, "token_expired");
}

#[tokio::test]
async fn a_service_learns_the_caller_from_the_gateway_alone() {
    let world = World::new().await;
    let token = world.login().await["access_token"].as_str().unwrap().to_owned();
    let call = world.caller().get("/api/v1/auth/sessions").bearer(&token);
    let call = call.header("x-internal-assertion", "v1.e30.AAAA").header("x-user-id", "1").header("cookie", "a=b");
    let _ = call.await.expect(200);
    let seen = world.stub.requests().into_iter().rfind(|request| request.uri.path() == "/sessions").unwrap();
    for name in ["authorization", "cookie", "x-user-id"] {
        assert!(!seen.headers.contains_key(name), "{name} reached users");
    }
    let verifier = Verifier::new("users", vec![("gateway".to_owned(), internal_key().derive("gateway", "users"))]);
    let caller = verifier.verify(&seen.headers, now_ms() / 1000).unwrap();
    assert_eq!((caller.user_id(), caller.sid.as_deref()), (Some(7), Some("session-1")));
    assert_eq!(caller.roles, ["seller"]);

    let _ = world.caller().get("/api/v1/users").header("x-internal-assertion", "v1.e30.AAAA").await.expect(200);
    let seen = world.stub.requests().into_iter().rfind(|request| request.uri.path() == "/users").unwrap();
    assert_eq!(verifier.verify(&seen.headers, now_ms() / 1000), Ok(Principal::anonymous()));
}

#[tokio::test]
async fn a_route_for_those_signed_in_wants_a_token() {
    let world = World::new().await;
    let answer = world.caller().get("/api/v1/users/me").await;
    answer.problem(401, "unauthenticated");
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
    assert_eq!(world.reached(), 0);
}

#[tokio::test]
async fn a_login_is_refreshed_and_ended_over_http() {
    let world = World::new().await;
    let login = world.login().await;
    let refresh = json!({"refresh_token": login["refresh_token"]});
    let next = world.caller().post("/api/v1/auth/refresh", &refresh).bearer("of no use").await.expect(200).json();
    assert_ne!(next["refresh_token"], login["refresh_token"]);
    let token = next["access_token"].as_str().unwrap();
    let told = world.caller().get("/api/v1/auth/introspect").bearer(token).await.expect(200).json();
    assert_eq!((&told["active"], &told["user_id"]), (&json!(true), &json!(7)));
    let out = world.caller().call(Method::POST, "/api/v1/auth/logout").bearer(token).await;
    assert_eq!(out.status, 204, "{}", out.sentence());
}

#[tokio::test]
async fn the_form_of_swagger_ui_works_with_its_empty_client() {
    let world = World::new().await;
    let fields = [("grant_type", "password"), ("username", "demo"), ("password", "password"), ("scope", "")];
    let call = world.caller().call(Method::POST, "/api/v1/auth/token").form(&fields);
    let answer = call.header("authorization", "Basic Og==").await.expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.json()["token_type"], "bearer");
}

#[tokio::test]
async fn a_session_that_users_revokes_ends_within_a_second() {
    let world = World::new().await;
    let token = world.login().await["access_token"].as_str().unwrap().to_owned();
    let _ = world.caller().get("/api/v1/users/me").bearer(&token).await.expect(200);
    let revocation = json!({"id": 1, "kind": "sid", "subject": "session-1", "not_before": now_ms(),
        "created_at": "2026-01-01T00:00:00.000Z"});
    world.revocations.lock().unwrap().push(revocation);
    let refused = || async {
        let answer = world.caller().get("/api/v1/users/me").bearer(&token).await;
        (answer.status == 401).then_some(answer)
    };
    let answer = testkit::until("the token of a revoked session is refused", Duration::from_secs(1), refused).await;
    answer.problem(401, "session_revoked");
}

#[tokio::test]
async fn while_users_is_down_tokens_are_verified_and_nobody_can_log_in() {
    let world = World::new().await;
    let token = world.login().await["access_token"].as_str().unwrap().to_owned();
    world.users.sever(true);
    let login = json!({"login": "ada", "password": "password"});
    let down = world.caller().post("/api/v1/auth/login", &login).await;
    down.problem(503, "upstream_unavailable");
    assert!(!down.header("retry-after").is_empty());
    assert_eq!(down.header("proxy-status"), "agora; error=connection_refused");
    let _ = world.caller().get("/api/v1/auth/introspect").bearer(&token).await.expect(200);
    world.caller().get("/api/v1/users").bearer("x").await.problem(401, "token_invalid");
    let set = world.caller().get("/.well-known/jwks.json").await.expect(200).json();
    assert_eq!(set["keys"][0]["alg"], "EdDSA");
    world.users.sever(false);
    let _ = world.caller().post("/api/v1/auth/login", &login).await.expect(200);
}

#[tokio::test]
async fn a_browser_keeps_its_session_in_a_cookie() {
    let world = World::new().await;
    let browser = world.caller().with_cookies().with_header("sec-fetch-site", "same-origin");
    let login = json!({"login": "ada", "password": "password", "session": "cookie"});
    let answer = browser.post("/api/v1/auth/login", &login).await.expect(200);
    assert!(answer.json().get("refresh_token").is_none());
    assert!(browser.cookie("agora_refresh").is_some());
    let refreshed = browser.call(Method::POST, "/api/v1/auth/refresh").await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.sentence());
    let foreign = browser.call(Method::POST, "/api/v1/auth/refresh").header("sec-fetch-site", "cross-site");
    foreign.await.problem(403, "forbidden");
}
