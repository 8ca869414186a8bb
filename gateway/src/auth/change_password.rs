//! `PUT /auth/password`

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use principal::Principal;
use problem::Json;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Auth;
use super::access::AccessError;
use super::answer::{Granted, SessionMode, Tokens, request_id};
use super::error::AuthError;
use super::login::judge;
use super::revocation::{Kind, Revocation};
use super::throttle::Subject;

/// A new password, and the proof that one knows the old one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The password until now.
    #[schema(value_type = String, format = Password, example = "correct horse battery")]
    current_password: SecretString,
    /// The password from now on.
    #[schema(value_type = String, format = Password, example = "staple correct horse")]
    new_password: SecretString,
    /// Where to keep the refresh token of the new session. Without it, where the present one is kept: in the cookie if the
    /// request has it, otherwise in the body.
    session: Option<SessionMode>,
}

/// Change the password
///
/// Ends every session of the account, also the present one, and opens a new one, whose tokens are the answer. Access tokens of the
/// ended sessions stop working within a second.
#[utoipa::path(
    put, path = "/auth/password", operation_id = "change_password", tag = "Auth",
    request_body(content = PasswordChange, example = json!({"current_password": "correct horse battery", "new_password": "staple correct horse"})),
    responses(
        (status = 200, description = "The tokens of a new session.", body = Tokens),
        (status = 400, description = "`malformed_json`: the body is not JSON."),
        (status = 401, description = "`unauthenticated`: nobody is signed in."),
        (status = 403, description = "`forbidden`: the account is disabled, or a cookie was asked for from a foreign origin."),
        (status = 404, description = "`not_found`: the account has been deleted."),
        (status = 409, description = "`conflict`: the password was changed at the same time."),
        (status = 413, description = "`payload_too_large`: the body is too large."),
        (status = 415, description = "`unsupported_media_type`: the body is not declared as JSON."),
        (status = 422, description = "`validation_failed`: the current password is wrong, the new one is not acceptable, or a field is missing or unknown."),
        (status = 429, description = "`login_throttled`: too many wrong passwords in a row; `Retry-After` says how long to wait."),
        (status = 502, description = "`upstream_invalid`: users gave an answer that cannot be used."),
        (status = 503, description = "`upstream_unavailable` or `overloaded`: users does not respond, or has too much to do. The password has not changed."),
    )
)]
pub(crate) async fn change_password(
    State(auth): State<Arc<Auth>>,
    caller: Principal,
    headers: HeaderMap,
    Json(body): Json<PasswordChange>,
) -> Result<Response, AuthError> {
    let user = caller.user_id().ok_or(AccessError::Unauthenticated)?;
    // A browser that forgets the field must not find the refresh token where its scripts can read it.
    let kept_in_cookie = auth.cookies.read(&headers).is_some();
    let session = body.session.unwrap_or(if kept_in_cookie { SessionMode::Cookie } else { SessionMode::Token });
    if session == SessionMode::Cookie {
        auth.cookies.require_own_origin(&headers)?;
    }
    let attempt = auth.throttle.begin(Subject::Password(user)).map_err(AuthError::Throttled)?;
    let refresh = auth.new_family()?;
    let (current, new) = (body.current_password.expose_secret(), body.new_password.expose_secret());
    let changed = auth.users.change_password(&caller, current, new, &refresh, &request_id(&headers)).await;
    let opened = judge(attempt, changed)?;
    // The new session's tokens speak for this very moment, so they stay; every older one of the user goes.
    let others = Revocation { kind: Kind::Sub, subject: user.to_string(), not_before: opened.answer.as_of_ms };
    auth.gate.revocations.apply([others], auth.clock.now_ms());
    auth.answer(StatusCode::OK, Granted { opened, refresh }, session)
}
