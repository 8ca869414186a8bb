//! The gateway's own operations over a stub of users, on a clock that the test sets.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use principal::{ASSERTION, InternalKey, Principal, Signer, Verifier};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;
use upstream::{Policy, Pool, Upstream};

use super::stub::Stub;
use crate::auth::clock::Clock;
use crate::auth::verify::TokenError;
use crate::auth::{Auth, AuthConfig, router};
use crate::plan;

/// Where the clock starts: 2027-01-15T08:00:00Z.
pub(super) const START_MS: i64 = 1_800_000_000_000;

pub(super) struct World {
    pub(super) auth: Arc<Auth>,
    pub(super) stub: Arc<Stub>,
    pub(super) users: Upstream,
    pub(super) clock: Clock,
    pub(super) directory: Arc<TempDir>,
    deployment: InternalKey,
    router: Router,
    signer: Signer,
}

/// An answer, read whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl World {
    pub(super) fn new() -> Self {
        let stub = Arc::new(Stub::default());
        stub.know(|known| {
            known.now_ms = START_MS;
            known.passwords.insert("ada".to_owned(), "secret".to_owned());
        });
        Self::start(Arc::new(TempDir::new().unwrap()), stub, Clock::manual(START_MS), false)
    }

    /// The same with a cookie for HTTPS.
    pub(super) fn secure() -> Self {
        let world = Self::new();
        Self::start(world.directory.clone(), world.stub.clone(), world.clock.clone(), true)
    }

    /// Another process over the same files and the same users.
    pub(super) fn restarted(&self) -> Self {
        Self::start(self.directory.clone(), self.stub.clone(), self.clock.clone(), false)
    }

    fn start(directory: Arc<TempDir>, stub: Arc<Stub>, clock: Clock, secure_cookie: bool) -> Self {
        let deployment = InternalKey::random();
        let from_gateway = |audience: &str| vec![("gateway".to_owned(), deployment.derive("gateway", audience))];
        let runtime = tokio::runtime::Handle::current();
        let own_router = stub.clone().router(Arc::new(Verifier::new("users", from_gateway("users"))));
        // Not left alone, however often it is cut off here.
        let users = Upstream::local("users", own_router, runtime).with_policy(Policy::unguarded());
        let config = AuthConfig {
            settings: plan::Auth::default(),
            secure_cookie,
            origins: vec!["https://app.example".to_owned()],
            key_file: directory.path().join("signing.pem"),
            create_key: true,
            revocations_file: directory.path().join("revocations.json"),
            users_timeout: Duration::from_secs(5),
            timeout_status: StatusCode::SERVICE_UNAVAILABLE,
        };
        let signer = |audience: &str| Signer::new("gateway", audience, deployment.derive("gateway", audience));
        let verifier = Verifier::new("gateway", from_gateway("gateway"));
        let auth = Auth::with_clock(config, users.clone(), Pool::new(), signer("users"), verifier, clock.clone());
        let auth = Arc::new(auth.unwrap());
        let (router, signer) = (router(auth.clone()), signer("gateway"));
        Self { auth, stub, users, clock, directory, deployment, router, signer }
    }

    pub(super) fn signer(&self, audience: &str) -> Signer {
        Signer::new("gateway", audience, self.deployment.derive("gateway", audience))
    }

    pub(super) fn verifier(&self, audience: &str) -> Verifier {
        Verifier::new(audience, vec![("gateway".to_owned(), self.deployment.derive("gateway", audience))])
    }

    /// Lets time pass, here and at users.
    pub(super) fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.stub.know(|known| known.now_ms = self.clock.now_ms());
    }

    /// Sends a request as the data plane would, for `caller`.
    pub(super) async fn send(&self, caller: &Principal, mut request: Request<Body>) -> Answer {
        let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
        request.headers_mut().insert(ASSERTION, self.signer.assert(caller, now));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: head.status, headers: head.headers, body }
    }

    pub(super) async fn post(&self, path: &str, body: Value, headers: &[(&'static str, &str)]) -> Answer {
        self.send(&Principal::anonymous(), request(Method::POST, path, Some(body), headers)).await
    }

    pub(super) async fn get(&self, path: &str, headers: &[(&'static str, &str)]) -> Answer {
        self.send(&Principal::anonymous(), request(Method::GET, path, None, headers)).await
    }

    pub(super) async fn form(&self, form: &str, headers: &[(&'static str, &str)]) -> Answer {
        let mut request = request(Method::POST, "/auth/token", None, headers);
        *request.body_mut() = Body::from(form.to_owned());
        let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, media_type);
        self.send(&Principal::anonymous(), request).await
    }

    pub(super) async fn login(&self) -> Answer {
        let answer = self.post("/auth/login", json!({"login": "ada", "password": "secret"}), &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer
    }

    pub(super) async fn refresh(&self, token: &str) -> Answer {
        self.post("/auth/refresh", json!({ "refresh_token": token }), &[]).await
    }

    /// Whether an access token counts now.
    pub(super) fn check(&self, answer: &Answer) -> Result<Principal, TokenError> {
        let verified = self.auth.gate().verify(answer.access(), self.clock.now_ms());
        verified.map(|verified| verified.access.principal)
    }

    pub(super) fn calls(&self, operation: &str) -> Vec<(Value, Principal)> {
        let seen = self.stub.know(|known| known.seen.clone());
        seen.into_iter().filter(|(name, ..)| name == operation).map(|(_, body, caller)| (body, caller)).collect()
    }
}

impl Answer {
    pub(super) fn access(&self) -> &str {
        self.body["access_token"].as_str().unwrap()
    }

    pub(super) fn refresh_token(&self) -> &str {
        self.body["refresh_token"].as_str().unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// `name=value` of the cookie that is set.
    pub(super) fn cookie(&self) -> String {
        self.header(SET_COOKIE.as_str()).unwrap().split(';').next().unwrap().to_owned()
    }

    /// Asserts a problem document with this status and code.
    pub(super) fn is_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.body["code"].as_str()), (status, Some(code)), "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.body["status"], status);
    }
}

pub(super) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

pub(super) fn request(
    method: Method,
    path: &str,
    body: Option<Value>,
    headers: &[(&'static str, &str)],
) -> Request<Body> {
    let bytes = body.as_ref().map_or_else(Bytes::new, |body| body.to_string().into());
    let mut request = Request::new(Body::from(bytes));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap();
    if body.is_some() {
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).unwrap();
        request.headers_mut().append(if *name == "bearer" { AUTHORIZATION } else { (*name).parse().unwrap() }, value);
    }
    request
}
