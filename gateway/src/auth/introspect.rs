//! `GET /auth/introspect`

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use problem::Json;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Auth;
use super::access::{AccessError, Bearer, bearer};
use super::answer::no_store;
use super::error::AuthError;

/// What an access token says.
#[derive(Serialize, ToSchema)]
pub(crate) struct Introspection {
    /// Always true: a token that is not valid is refused with 401.
    #[schema(example = true)]
    active: bool,
    /// The user's id.
    #[schema(example = 7)]
    user_id: Option<i64>,
    /// The same as text, as it is in the token.
    #[schema(example = "7")]
    sub: Option<String>,
    /// The session.
    #[schema(example = "0197c6a5-2d3e-7c41-9f0a-6a1f3c1d2e4b")]
    sid: Option<String>,
    /// The roles that the token carries.
    #[schema(example = json!(["admin"]))]
    roles: Vec<String>,
    /// Who issued it.
    #[schema(example = "agora")]
    iss: String,
    /// What it is for.
    #[schema(example = "agora-api")]
    aud: String,
    /// When it was issued, in seconds since the epoch.
    #[schema(example = 1_800_000_000)]
    iat: i64,
    /// When it ends, in seconds since the epoch.
    #[schema(example = 1_800_000_600)]
    exp: i64,
}

/// The answer as the contract shows it.
pub(crate) fn example() -> Value {
    json!({
        "active": true, "user_id": 7, "sub": "7", "sid": "0197c6a5-2d3e-7c41-9f0a-6a1f3c1d2e4b", "roles": ["admin"],
        "iss": "agora", "aud": "agora-api", "iat": 1_800_000_000, "exp": 1_800_000_600
    })
}

/// Look into the access token
///
/// Says whose the access token of the request is and until when it is valid. It is answered by the gateway alone, so it works
/// while every service is down.
#[utoipa::path(
    get, path = "/auth/introspect", operation_id = "introspect", tag = "Auth",
    responses(
        (status = 200, description = "The token is valid.", body = Introspection),
        (status = 401, description = "`unauthenticated`, `token_invalid`, `token_expired` or `session_revoked`: there is no token that counts."),
    )
)]
pub(crate) async fn introspect(State(auth): State<Arc<Auth>>, headers: HeaderMap) -> Result<Response, AuthError> {
    let token = match bearer(&headers) {
        Bearer::None => return Err(AccessError::Unauthenticated.into()),
        Bearer::Other => return Err(AccessError::TokenInvalid.into()),
        Bearer::Token(token) => str::from_utf8(token).map_err(|_| AccessError::TokenInvalid)?,
    };
    let verified = auth.gate.verify(token, auth.clock.now_ms()).map_err(AccessError::from)?;
    let principal = verified.access.principal;
    let told = Introspection {
        active: true,
        user_id: principal.user_id(),
        sub: principal.sub,
        sid: principal.sid,
        roles: principal.roles,
        iss: auth.issuer.issuer.clone(),
        aud: auth.issuer.audience.clone(),
        iat: verified.iat,
        exp: verified.access.expires_at,
    };
    Ok((no_store(), Json(told)).into_response())
}
