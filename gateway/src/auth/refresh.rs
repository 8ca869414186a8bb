//! `POST /auth/refresh`

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use problem::{Code, Json, Problem};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Auth;
use super::answer::{Granted, SessionMode, Tokens, request_id};
use super::error::AuthError;
use super::refresh_token::RefreshToken;

/// A refresh token, unless the cookie holds it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refresh {
    /// The refresh token of the last answer.
    #[schema(value_type = String, required = false, nullable = false, example = "Zm9vYmFy.q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s")]
    pub(super) refresh_token: Option<SecretString>,
}

/// Refresh the tokens
///
/// Replaces a refresh token by its successor and answers with a new access token. The token comes in the body, or in the cookie of
/// a browser, which then gets a new cookie. Using a token again within 20 seconds gives the same successor; using it later ends the
/// session. If a service does not respond, the token remains usable.
#[utoipa::path(
    post, path = "/auth/refresh", operation_id = "refresh", tag = "Auth",
    request_body(content = Refresh, example = json!({"refresh_token": "Zm9vYmFy.q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"})),
    responses(
        (status = 200, description = "The next tokens of the session.", body = Tokens),
        (status = 400, description = "`invalid_grant` or `malformed_json`: the refresh token is missing, unknown, expired, revoked or was used before; or the body is not JSON."),
        (status = 403, description = "`forbidden`: the cookie was used from a foreign origin."),
        (status = 413, description = "`payload_too_large`: the body is too large."),
        (status = 415, description = "`unsupported_media_type`: the body is not declared as JSON."),
        (status = 422, description = "`validation_failed`: a field is unknown or of the wrong type."),
        (status = 502, description = "`upstream_invalid`: users gave an answer that cannot be used."),
        (status = 503, description = "`upstream_unavailable`: users does not respond. The token was not used up."),
    )
)]
pub(crate) async fn refresh(
    State(auth): State<Arc<Auth>>,
    headers: HeaderMap,
    body: Option<Json<Refresh>>,
) -> Result<Response, AuthError> {
    let sent = body.and_then(|Json(body)| body.refresh_token);
    let (text, mode) = match (&sent, auth.cookies.read(&headers)) {
        (Some(token), _) => (token.expose_secret(), SessionMode::Token),
        (None, Some(cookie)) => (cookie, SessionMode::Cookie),
        (None, None) => return Err(AuthError::InvalidGrant),
    };
    if mode == SessionMode::Cookie {
        auth.cookies.require_own_origin(&headers)?;
    }
    match auth.rotate(text, &headers).await {
        Ok(granted) => auth.answer(StatusCode::OK, granted, mode),
        Err(error) => auth.refuse(error, mode),
    }
}

impl Auth {
    /// Has users replace a refresh token by its successor.
    pub(crate) async fn rotate(&self, text: &str, headers: &HeaderMap) -> Result<Granted, AuthError> {
        let keys = self.gate.keys();
        let presented = RefreshToken::parse(text, &keys).ok_or(AuthError::InvalidGrant)?;
        let refresh = presented.successor(&keys).ok_or(AuthError::Minting("a refresh key is missing"))?;
        let opened = self.users.rotate_session(&presented, &refresh, &request_id(headers)).await?;
        Ok(Granted { opened, refresh })
    }

    /// A cookie that is worth nothing any more is removed along with the answer that says so.
    fn refuse(&self, error: AuthError, mode: SessionMode) -> Result<Response, AuthError> {
        let clear = self.cookies.clear()?;
        let problem = Problem::from(error);
        let worthless = mode == SessionMode::Cookie && problem.code() == Code::InvalidGrant;
        let problem = if worthless { problem.with_header(SET_COOKIE, clear) } else { problem };
        Ok(problem.into_response())
    }
}
