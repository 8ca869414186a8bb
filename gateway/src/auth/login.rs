//! `POST /auth/login`

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use problem::Json;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Auth;
use super::answer::{Granted, SessionMode, Tokens, client_name, request_id};
use super::error::AuthError;
use super::throttle::{Attempt, Subject};

/// Who logs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// The username or the e-mail address.
    #[schema(example = "demo")]
    login: String,
    /// The password.
    #[schema(value_type = String, format = Password, example = "password")]
    password: SecretString,
    /// Where to keep the refresh token.
    #[serde(default)]
    #[schema(default = "token")]
    session: SessionMode,
}

/// Log in
///
/// Verifies the password and opens a session. Browsers ask for `"session": "cookie"`; then the refresh token is in a cookie that
/// scripts cannot read and not in the answer. From the fifth wrong password in a row, an account has to wait between attempts.
#[utoipa::path(
    post, path = "/auth/login", operation_id = "login", tag = "Auth",
    request_body(content = Login, example = json!({"login": "demo", "password": "password"})),
    responses(
        (status = 200, description = "The tokens of a new session.", body = Tokens),
        (status = 400, description = "`malformed_json`: the body is not JSON."),
        (status = 401, description = "`invalid_credentials`: there is no such account, or the password is wrong."),
        (status = 403, description = "`forbidden`: the account is disabled, or a cookie was asked for from a foreign origin."),
        (status = 413, description = "`payload_too_large`: the body is too large."),
        (status = 415, description = "`unsupported_media_type`: the body is not declared as JSON."),
        (status = 422, description = "`validation_failed`: a field is missing, unknown or of the wrong type."),
        (status = 429, description = "`login_throttled`: too many wrong passwords in a row; `Retry-After` says how long to wait."),
        (status = 502, description = "`upstream_invalid`: users gave an answer that cannot be used."),
        (status = 503, description = "`upstream_unavailable` or `overloaded`: users does not respond, or has too much to do."),
    )
)]
pub(crate) async fn login(
    State(auth): State<Arc<Auth>>,
    headers: HeaderMap,
    Json(body): Json<Login>,
) -> Result<Response, AuthError> {
    if body.session == SessionMode::Cookie {
        auth.cookies.require_own_origin(&headers)?;
    }
    let granted = auth.open(&body.login, body.password.expose_secret(), &headers).await?;
    auth.answer(StatusCode::OK, granted, body.session)
}

impl Auth {
    /// Opens a session for whoever knows the password, as often as the throttle allows.
    pub(crate) async fn open(&self, login: &str, password: &str, headers: &HeaderMap) -> Result<Granted, AuthError> {
        let attempt = self.throttle.begin(Subject::Login(login)).map_err(AuthError::Throttled)?;
        let refresh = self.new_family()?;
        let client = client_name(headers);
        let opened = self.users.open_session(login, password, &refresh, client.as_deref(), &request_id(headers)).await;
        Ok(Granted { opened: judge(attempt, opened)?, refresh })
    }
}

/// Counts the outcome: only a wrong password is a failure, only a right one a success.
pub(crate) fn judge<T>(attempt: Attempt<'_>, outcome: Result<T, AuthError>) -> Result<T, AuthError> {
    match outcome {
        Ok(value) => {
            attempt.succeeded();
            Ok(value)
        }
        Err(error) if error.is_wrong_password() => Err(attempt.failed().map_or(error, AuthError::Throttled)),
        Err(error) => Err(error),
    }
}
