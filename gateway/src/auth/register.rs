//! `POST /auth/register`

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use problem::Json;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Auth;
use super::answer::{Granted, SessionMode, Tokens, client_name, present, request_id};
use super::error::AuthError;

/// Where the account is found, behind the gateway.
const USERS: &str = "/api/v1/users/";

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registration {
    /// 3–30 of `a-z`, `0-9` and `_`, with at least one letter. Without one, the account gets a name that it can be called by.
    #[schema(example = "ada", nullable = false)]
    username: Option<String>,
    /// Can be used to log in, too.
    #[schema(example = "ada@example.org", nullable = false)]
    email: Option<String>,
    /// The password, which is stored as a hash only.
    #[schema(value_type = String, format = Password, example = "correct horse battery")]
    password: SecretString,
    /// The name that others see.
    #[schema(example = "Ada Lovelace", nullable = false)]
    display_name: Option<String>,
    /// The given name.
    #[schema(nullable = false)]
    first_name: Option<String>,
    /// The family name.
    #[schema(nullable = false)]
    last_name: Option<String>,
    /// A few words about oneself.
    #[schema(nullable = false)]
    description: Option<String>,
    /// Where to keep the refresh token.
    #[serde(default)]
    #[schema(default = "token")]
    session: SessionMode,
}

/// Create an account
///
/// Creates an account and signs it in: the answer has the account and its first tokens. A username or an e-mail address that
/// is in use is refused.
#[utoipa::path(
    post, path = "/auth/register", operation_id = "register", tag = "Auth",
    request_body(content = Registration, example = json!({"username": "ada", "email": "ada@example.org", "password": "correct horse battery"})),
    responses(
        (status = 201, description = "The account, signed in.", body = Tokens, headers(("Location" = String, description = "Where the account is."))),
        (status = 400, description = "`malformed_json`: the body is not JSON."),
        (status = 403, description = "`forbidden`: a cookie was asked for from a foreign origin."),
        (status = 409, description = "`username_taken` or `email_taken`: another account has it."),
        (status = 413, description = "`payload_too_large`: the body is too large."),
        (status = 415, description = "`unsupported_media_type`: the body is not declared as JSON."),
        (status = 422, description = "`validation_failed`: a field is missing, unknown or not acceptable."),
        (status = 502, description = "`upstream_invalid`: users gave an answer that cannot be used."),
        (status = 503, description = "`upstream_unavailable` or `overloaded`: users does not respond, or has too much to do. Nothing was created."),
    )
)]
pub(crate) async fn register(
    State(auth): State<Arc<Auth>>,
    headers: HeaderMap,
    Json(body): Json<Registration>,
) -> Result<Response, AuthError> {
    if body.session == SessionMode::Cookie {
        auth.cookies.require_own_origin(&headers)?;
    }
    let fields = present([
        ("username", body.username),
        ("email", body.email),
        ("password", Some(body.password.expose_secret().to_owned())),
        ("display_name", body.display_name),
        ("first_name", body.first_name),
        ("last_name", body.last_name),
        ("description", body.description),
    ]);
    let refresh = auth.new_family()?;
    let client = client_name(&headers);
    let opened = auth.users.register(fields, &refresh, client.as_deref(), &request_id(&headers)).await?;
    let location = HeaderValue::try_from(format!("{USERS}{}", opened.answer.user.username));
    let location = location.map_err(|_| AuthError::Unusable("users made a username that no path can have"))?;
    let mut response = auth.answer(StatusCode::CREATED, Granted { opened, refresh }, body.session)?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}
