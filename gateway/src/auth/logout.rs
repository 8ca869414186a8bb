//! `POST /auth/logout`

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use principal::Principal;
use problem::{Json, Query};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Auth;
use super::access::{Bearer, bearer};
use super::answer::{no_store, request_id};
use super::error::AuthError;
use super::refresh::Refresh;
use super::refresh_token::RefreshToken;
use super::users::{Changed, Close};

/// How much to end.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Extent {
    /// Whether to end every session of the account.
    #[serde(default)]
    #[param(default = false)]
    all: bool,
}

/// Log out
///
/// Ends the session of the refresh token (in the body or in the cookie) or of the access token, whichever the request carries, or
/// with `all=true` every session of the account. Access tokens of an ended session stop working within a second. Logging out twice
/// is no error, nor is logging out with tokens that are no longer valid.
#[utoipa::path(
    post, path = "/auth/logout", operation_id = "logout", tag = "Auth",
    params(Extent),
    request_body(content = Refresh, example = json!({"refresh_token": "Zm9vYmFy.q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"})),
    responses(
        (status = 204, description = "The session has ended."),
        (status = 400, description = "`invalid_parameter` or `malformed_json`: the query or the body cannot be read."),
        (status = 403, description = "`forbidden`: the cookie was used from a foreign origin."),
        (status = 413, description = "`payload_too_large`: the body is too large."),
        (status = 415, description = "`unsupported_media_type`: the body is not declared as JSON."),
        (status = 422, description = "`validation_failed`: a field is unknown or of the wrong type."),
        (status = 502, description = "`upstream_invalid`: users gave an answer that cannot be used."),
        (status = 503, description = "`upstream_unavailable`: users does not respond. The session has not ended."),
    )
)]
pub(crate) async fn logout(
    State(auth): State<Arc<Auth>>,
    Query(Extent { all }): Query<Extent>,
    headers: HeaderMap,
    body: Option<Json<Refresh>>,
) -> Result<Response, AuthError> {
    let sent = body.and_then(|Json(body)| body.refresh_token);
    let cookie = auth.cookies.read(&headers);
    if sent.is_none() && cookie.is_some() {
        auth.cookies.require_own_origin(&headers)?;
    }
    let mut changed = Changed::default();
    if let Some(caller) = auth.bearer_of(&headers) {
        changed = auth.close(Close::Own { caller: &caller, all }, &headers).await?;
    }
    let text = sent.as_ref().map(SecretString::expose_secret).or(cookie);
    if let Some(token) = text.and_then(|text| RefreshToken::parse(text, &auth.gate.keys())) {
        changed = changed.and(auth.close(Close::Presented { hash: &token.hash(), all }, &headers).await?);
    }
    let mut response = (StatusCode::NO_CONTENT, no_store()).into_response();
    changed.tell(response.headers_mut());
    if cookie.is_some() {
        response.headers_mut().insert(SET_COOKIE, auth.cookies.clear()?);
    }
    Ok(response)
}

impl Auth {
    /// Whom the request's access token belongs to, if it is a valid one.
    fn bearer_of(&self, headers: &HeaderMap) -> Option<Principal> {
        let Bearer::Token(token) = bearer(headers) else { return None };
        let verified = self.gate.verify(str::from_utf8(token).ok()?, self.clock.now_ms()).ok()?;
        Some(verified.access.principal)
    }

    /// Has users end sessions, lets that count here at once, and returns what it has changed.
    async fn close(&self, close: Close<'_>, headers: &HeaderMap) -> Result<Changed, AuthError> {
        let closed = self.users.close_session(close, &request_id(headers)).await?;
        self.gate.revocations.apply(closed.answer.revoked, self.clock.now_ms());
        Ok(closed.changed)
    }
}
