//! The service `users`, as far as the gateway's own operations need it. The shapes are those that the gateway reads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use principal::{ASSERTION, Principal, Signer};
use problem::{Code, FieldError, Problem};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use upstream::{Failure, Pool, Upstream};

use super::clock::Clock;
use super::error::AuthError;
use super::refresh_token::RefreshToken;
use super::revocation::Revocation;
use crate::error::GatewayError;

/// The caller's `x-request-id`, which goes along so that log lines of both processes can be put together.
pub(crate) type RequestId = Option<HeaderValue>;

/// The field in which users says what a write has changed (RFC 9875): the cache goes by it, whoever the write was made by.
pub(crate) const CACHE_GROUP_INVALIDATION: HeaderName = HeaderName::from_static("cache-group-invalidation");

/// What a write to users has come to.
#[derive(Debug)]
pub(crate) struct Written<T> {
    pub(crate) answer: T,
    pub(crate) changed: Changed,
}

/// What users has changed in one or more writes, to be handed on with the answer of the operation that made them.
#[derive(Debug, Default)]
pub(crate) struct Changed(Vec<HeaderValue>);

impl Changed {
    fn of(headers: &HeaderMap) -> Self {
        Self(headers.get_all(CACHE_GROUP_INVALIDATION).iter().cloned().collect())
    }

    /// What another write has changed, too.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Says so in the fields of an answer.
    pub(crate) fn tell(self, headers: &mut HeaderMap) {
        for value in self.0 {
            headers.append(CACHE_GROUP_INVALIDATION, value);
        }
    }
}

/// An account and its session, as users answers when it opens or rotates one.
#[derive(Debug, Deserialize)]
pub(crate) struct Opened {
    pub(crate) user: User,
    pub(crate) session: Session,
    /// The moment this is true of, by the clock that dates revocations, in milliseconds since the epoch.
    pub(crate) as_of_ms: i64,
}

/// An account: what the gateway reads of it, and the rest as it came.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) username: String,
    pub(crate) roles: Vec<String>,
    #[serde(flatten)]
    pub(crate) rest: Map<String, Value>,
}

/// A session.
#[derive(Debug, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    /// In milliseconds since the epoch.
    #[serde(deserialize_with = "epoch_ms")]
    pub(crate) expires_at: i64,
}

fn epoch_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    let time = OffsetDateTime::parse(&text, &Rfc3339).map_err(D::Error::custom)?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).map_err(D::Error::custom)
}

/// A piece of users' list of revocations, in the order in which they became visible.
#[derive(Debug, Deserialize)]
pub(crate) struct RevocationPage {
    pub(crate) items: Vec<Revocation>,
    /// What to ask for next.
    pub(crate) next_after: i64,
}

/// Sessions that were closed.
#[derive(Debug, Deserialize)]
pub(crate) struct Closed {
    pub(crate) revoked: Vec<Revocation>,
}

/// Which session to close.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Close<'a> {
    /// The one that a refresh token belongs to.
    Presented { hash: &'a str, all: bool },
    /// The one of this caller's access token.
    Own { caller: &'a Principal, all: bool },
}

/// Speaks to users, as the gateway itself or for a caller.
#[derive(Clone)]
pub(crate) struct Users(Arc<Inner>);

struct Inner {
    /// The service, and how long one call may take.
    service: ArcSwap<(Upstream, Duration)>,
    pool: Pool,
    signer: Signer,
    timeout_status: StatusCode,
    clock: Clock,
}

impl Users {
    /// `limits` are how long one call may take, and the status for one that takes longer.
    pub(crate) fn new(
        upstream: Upstream,
        pool: Pool,
        signer: Signer,
        (timeout, timeout_status): (Duration, StatusCode),
        clock: Clock,
    ) -> Self {
        let service = ArcSwap::from_pointee((upstream, timeout));
        Self(Arc::new(Inner { service, pool, signer, timeout_status, clock }))
    }

    /// From now on the service is this one.
    pub(crate) fn follow(&self, upstream: Upstream, timeout: Duration) {
        self.0.service.store(Arc::new((upstream, timeout)));
    }

    /// Creates an account with a first session. `fields` are the client's, checked by users.
    pub(crate) async fn register(
        &self,
        mut fields: Map<String, Value>,
        token: &RefreshToken,
        client: Option<&str>,
        id: &RequestId,
    ) -> Result<Written<Opened>, AuthError> {
        fields.insert("token_hash".to_owned(), token.hash().into());
        fields.insert("client".to_owned(), client.into());
        self.post("/internal/accounts", &Value::Object(fields), id).await
    }

    /// Verifies a password and opens a session.
    pub(crate) async fn open_session(
        &self,
        login: &str,
        password: &str,
        token: &RefreshToken,
        client: Option<&str>,
        id: &RequestId,
    ) -> Result<Written<Opened>, AuthError> {
        let body = json!({"login": login, "password": password, "token_hash": token.hash(), "client": client});
        self.post("/internal/sessions", &body, id).await
    }

    /// Replaces a refresh token by its successor.
    pub(crate) async fn rotate_session(
        &self,
        presented: &RefreshToken,
        successor: &RefreshToken,
        id: &RequestId,
    ) -> Result<Written<Opened>, AuthError> {
        let body = json!({"presented": presented.hash(), "successor": successor.hash()});
        self.post("/internal/sessions/rotate", &body, id).await
    }

    /// Ends a session, or all of its user.
    pub(crate) async fn close_session(&self, close: Close<'_>, id: &RequestId) -> Result<Written<Closed>, AuthError> {
        const PATH: &str = "/internal/sessions/close";
        match close {
            Close::Presented { hash, all } => self.post(PATH, &json!({"presented": hash, "all": all}), id).await,
            Close::Own { caller, all } => {
                self.call(Method::POST, PATH, Some(&json!({"sid": caller.sid, "all": all})), caller, id).await
            }
        }
    }

    /// Changes the caller's password, which ends every session of theirs and opens a new one.
    pub(crate) async fn change_password(
        &self,
        caller: &Principal,
        current: &str,
        new: &str,
        token: &RefreshToken,
        id: &RequestId,
    ) -> Result<Written<Opened>, AuthError> {
        let body = json!({"current_password": current, "new_password": new, "token_hash": token.hash()});
        self.call(Method::PUT, "/internal/password", Some(&body), caller, id).await
    }

    /// Revocations that became visible after `after`.
    pub(crate) async fn list_revocations(&self, after: i64, limit: usize) -> Result<RevocationPage, AuthError> {
        let path = format!("/internal/revocations?after={after}&limit={limit}");
        let gateway = Principal::service("gateway");
        Ok(self.call(Method::GET, &path, None, &gateway, &None).await?.answer)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
        id: &RequestId,
    ) -> Result<Written<T>, AuthError> {
        self.call(Method::POST, path, Some(body), &Principal::service("gateway"), id).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        caller: &Principal,
        id: &RequestId,
    ) -> Result<Written<T>, AuthError> {
        let inner = &*self.0;
        let mut request = Request::new(body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string())));
        *request.method_mut() = method;
        *request.uri_mut() =
            path.parse().map_err(|_| AuthError::Unusable("the path of an operation of users is no URI"))?;
        let headers = request.headers_mut();
        headers.insert(ASSERTION, inner.signer.assert(caller, inner.clock.now_ms().div_euclid(1000)));
        if body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(id) = id {
            headers.insert(problem::REQUEST_ID, id.clone());
        }
        let service = inner.service.load_full();
        let (upstream, timeout) = &*service;
        let answered = upstream.call(&inner.pool, request, Instant::now() + *timeout).await;
        read(&answered.map_err(|failure| inner.unanswered(failure))?)
    }
}

impl Inner {
    fn unanswered(&self, failure: Failure) -> AuthError {
        let service = self.service.load().0.name().into();
        GatewayError::Upstream { service, failure, timeout_status: self.timeout_status }.into()
    }
}

fn read<T: DeserializeOwned>(response: &Response<Bytes>) -> Result<Written<T>, AuthError> {
    if !response.status().is_success() {
        return Err(refusal(response.status(), response.headers(), response.body()));
    }
    let answer = serde_json::from_slice(response.body()).map_err(|error| {
        tracing::error!(%error, "an answer of users does not have the shape that its contract declares");
        AuthError::Unusable("an answer of users does not have the shape that its contract declares")
    })?;
    Ok(Written { answer, changed: Changed::of(response.headers()) })
}

#[derive(Deserialize)]
struct Document {
    code: String,
    detail: Option<String>,
    #[serde(default)]
    errors: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    pointer: String,
    code: String,
    message: String,
}

/// The fields of a refusal that go with it. A refresh token that is used again is refused, and its session ends.
const REFUSED_WITH: [HeaderName; 2] = [RETRY_AFTER, CACHE_GROUP_INVALIDATION];

/// What users refused, as the same problem for the client; its 401 without a code of a login is about our assertion.
fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> AuthError {
    let Ok(document) = serde_json::from_slice::<Document>(body) else {
        return AuthError::Unusable("users answered with an error that is no problem document");
    };
    let code = document.code.parse().unwrap_or_else(|_| Code::for_status(status));
    if status == StatusCode::UNAUTHORIZED && code != Code::InvalidCredentials {
        return GatewayError::IdentityRejected { service: "users".into() }.into();
    }
    let errors = document.errors.into_iter();
    let errors = errors.map(|Entry { pointer, code, message }| FieldError { pointer, code, message }).collect();
    let mut problem = Problem::new(code).with_status(status).with_errors(errors);
    if let Some(detail) = document.detail {
        problem = problem.with_detail(detail);
    }
    for name in REFUSED_WITH {
        if let Some(value) = headers.get(&name) {
            problem = problem.with_header(name, value.clone());
        }
    }
    AuthError::Refused(problem)
}
