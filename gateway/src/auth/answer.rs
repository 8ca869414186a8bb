//! What the operations that open or refresh a session answer with.

use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use problem::Json;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::Auth;
use super::error::AuthError;
use super::refresh_token::RefreshToken;
use super::token::Grant;
use super::users::{Opened, RequestId, Written};

/// Where the refresh token is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SessionMode {
    /// In a cookie that scripts cannot read, for browsers.
    Cookie,
    /// In the answer's body, for other clients.
    #[default]
    Token,
}

/// An access token, and what it takes to get the next one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// The access token, to be sent as `Authorization: Bearer …`.
    #[schema(example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IjF6In0.eyJzdWIiOiI3In0.c2ln")]
    pub(crate) access_token: String,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    pub(crate) token_type: &'static str,
    /// For how many seconds the access token is valid.
    #[schema(example = 600)]
    pub(crate) expires_in: i64,
    /// The refresh token; absent where a cookie holds it. Each can be used once: the answer brings the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Zm9vYmFy.q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s")]
    pub(crate) refresh_token: Option<String>,
    /// The account, as its owner sees it.
    #[schema(value_type = SignedInUser)]
    pub(crate) user: Value,
}

/// An account, as its owner sees it.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "a schema only: the account is passed on as users sent it")]
pub(crate) struct SignedInUser {
    #[schema(example = 7)]
    id: i64,
    #[schema(example = "ada")]
    username: String,
    #[schema(example = "Ada Lovelace")]
    display_name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    description: Option<String>,
    avatar: Option<Value>,
    status: Option<String>,
    roles: Vec<String>,
    followers_count: i64,
    following_count: i64,
    #[schema(format = DateTime, example = "2026-01-31T09:30:00.000Z")]
    joined_at: String,
    #[schema(example = "ada@example.org")]
    email: Option<String>,
    is_active: bool,
}

/// The answer as the contract shows it.
pub(crate) fn example() -> Value {
    json!({
        "access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IjF6In0.eyJzdWIiOiI3In0.c2ln",
        "token_type": "bearer",
        "expires_in": 600,
        "refresh_token": "Zm9vYmFy.q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s",
        "user": {
            "id": 7, "username": "ada", "display_name": "Ada Lovelace", "first_name": "Ada", "last_name": "Lovelace",
            "description": null, "avatar": null, "status": null, "roles": [], "followers_count": 0, "following_count": 0,
            "joined_at": "2026-01-31T09:30:00.000Z", "email": "ada@example.org", "is_active": true
        }
    })
}

/// A session that users opened or refreshed, before the client gets its tokens.
pub(crate) struct Granted {
    pub(crate) opened: Written<Opened>,
    pub(crate) refresh: RefreshToken,
}

impl Auth {
    /// Signs the access token and answers with it, `no-store`, the refresh token where `mode` wants it, and what has changed.
    pub(crate) fn answer(
        &self,
        status: StatusCode,
        granted: Granted,
        mode: SessionMode,
    ) -> Result<Response, AuthError> {
        let Granted { opened: Written { answer: Opened { user, session, as_of_ms }, changed }, refresh } = granted;
        let now_ms = self.clock.now_ms();
        let grant = Grant { sub: user.id, sid: &session.id, roles: &user.roles, as_of_ms };
        let signed = self.issuer.issue(&self.gate.keys(), grant, now_ms);
        let access_token = signed.map_err(|_| AuthError::Minting("the access token cannot be signed"))?;
        let mut headers = no_store();
        changed.tell(&mut headers);
        let text = refresh.to_text();
        let refresh_token = match mode {
            SessionMode::Token => Some(text),
            SessionMode::Cookie => {
                let seconds = session.expires_at.saturating_sub(now_ms).div_euclid(1000);
                headers.insert(SET_COOKIE, self.cookies.keep(&text, seconds)?);
                None
            }
        };
        let user =
            serde_json::to_value(user).map_err(|_| AuthError::Unusable("users sent an account that is no JSON"))?;
        let expires_in = self.issuer.ttl_seconds;
        let tokens = Tokens { access_token, token_type: "bearer", expires_in, refresh_token, user };
        Ok((status, headers, Json(tokens)).into_response())
    }
}

/// Headers of an answer that nobody may keep.
pub(crate) fn no_store() -> HeaderMap {
    HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static("no-store"))])
}

/// The request id to pass on.
pub(crate) fn request_id(headers: &HeaderMap) -> RequestId {
    headers.get(problem::REQUEST_ID).cloned()
}

/// What the list of sessions calls the client: its `User-Agent`, of bearable length.
pub(crate) fn client_name(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(http::header::USER_AGENT)?.to_str().ok()?;
    Some(agent.chars().take(200).collect())
}

/// The fields of a request that are there.
pub(crate) fn present<const N: usize>(fields: [(&str, Option<String>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect()
}
