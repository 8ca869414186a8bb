//! `POST /auth/token`: OAuth 2 (RFC 6749, sections 4.3 and 6), for Swagger UI's *Authorize* and for OAuth client libraries.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, PRAGMA, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use problem::{Code, Form, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Auth;
use super::answer::{Granted, SessionMode, Tokens};
use super::error::AuthError;

/// What a client asks for. Other fields of the form are ignored, as OAuth wants it.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct TokenRequest {
    /// `password` or `refresh_token`.
    #[schema(example = "password")]
    grant_type: Option<String>,
    /// For `password`: the username or the e-mail address.
    #[schema(nullable = false, example = "demo")]
    username: Option<String>,
    /// For `password`: the password.
    #[schema(nullable = false, format = Password, example = "password")]
    password: Option<String>,
    /// For `refresh_token`: the refresh token.
    #[schema(nullable = false)]
    refresh_token: Option<String>,
}

/// Get tokens (OAuth 2)
///
/// The token endpoint for the grants `password` and `refresh_token`. There are no clients to authenticate: an empty client is
/// accepted, any other is refused. Problems also have the members `error` and `error_description` of OAuth 2.
#[utoipa::path(
    post, path = "/auth/token", operation_id = "token", tag = "Auth",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded", example = json!({"grant_type": "password", "username": "demo", "password": "password"})),
    responses(
        (status = 200, description = "Tokens.", body = Tokens),
        (status = 400, description = "`invalid_grant` or `invalid_parameter`: the credentials or the refresh token are wrong, or the form cannot be read."),
        (status = 401, description = "`unauthenticated`: the client that authenticates is not known."),
        (status = 413, description = "`payload_too_large`: the body is too large."),
        (status = 415, description = "`unsupported_media_type`: the body is not declared as a form."),
        (status = 429, description = "`login_throttled`: too many wrong passwords in a row; `Retry-After` says how long to wait."),
        (status = 502, description = "`upstream_invalid`: users gave an answer that cannot be used."),
        (status = 503, description = "`upstream_unavailable` or `overloaded`: users does not respond, or has too much to do. Nothing was used up."),
    )
)]
pub(crate) async fn token(
    State(auth): State<Arc<Auth>>,
    headers: HeaderMap,
    form: Result<Form<TokenRequest>, Problem>,
) -> Response {
    match grant(&auth, &headers, form).await {
        Ok(granted) => match auth.answer(StatusCode::OK, granted, SessionMode::Token) {
            Ok(mut response) => {
                response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
                response
            }
            Err(error) => in_oauth_terms("server_error", error.into()).into_response(),
        },
        Err(problem) => problem.into_response(),
    }
}

async fn grant(
    auth: &Auth,
    headers: &HeaderMap,
    form: Result<Form<TokenRequest>, Problem>,
) -> Result<Granted, Problem> {
    require_no_client(headers)?;
    let Form(form) = form.map_err(unreadable)?;
    let granted = match form.grant_type.as_deref() {
        Some("password") => {
            let (login, password) = (field(form.username, "username")?, field(form.password, "password")?);
            auth.open(&login, &password, headers).await
        }
        Some("refresh_token") => auth.rotate(&field(form.refresh_token, "refresh_token")?, headers).await,
        Some(_) => {
            let problem = Problem::new(Code::InvalidParameter);
            let problem = problem.with_detail("The grant types are 'password' and 'refresh_token'.");
            return Err(in_oauth_terms("unsupported_grant_type", problem));
        }
        None => return Err(missing("grant_type")),
    };
    granted.map_err(refused)
}

/// Swagger UI authenticates as a client without a name and a secret (`Og==` is `:`). Other clients do not exist.
fn require_no_client(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(()) };
    let credentials = value.as_bytes().split_at_checked(6).filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"basic "));
    let Some((_, credentials)) = credentials else { return Ok(()) };
    if STANDARD.decode(credentials.trim_ascii()).is_ok_and(|client| client == b":") {
        return Ok(());
    }
    let problem =
        Problem::new(Code::Unauthenticated).with_detail("This client is not known. Send no client credentials.");
    let problem = problem.with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"agora\""));
    Err(in_oauth_terms("invalid_client", problem))
}

fn field(value: Option<String>, name: &str) -> Result<String, Problem> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Problem {
    let problem = Problem::new(Code::InvalidParameter).with_detail(format!("The field '{name}' is missing."));
    in_oauth_terms("invalid_request", problem.with_error(format!("/{name}"), "required", "This field is required."))
}

/// A form whose fields are wrong is a 400 to OAuth; media type and size have statuses of their own.
fn unreadable(problem: Problem) -> Problem {
    let problem = match problem.code() {
        Code::UnsupportedMediaType | Code::PayloadTooLarge => problem,
        _ => {
            let errors = problem.errors().to_vec();
            Problem::new(Code::InvalidParameter).with_detail("The form cannot be read.").with_errors(errors)
        }
    };
    in_oauth_terms("invalid_request", problem)
}

/// Wrong credentials are `invalid_grant` here, and 400.
fn refused(error: AuthError) -> Problem {
    let problem = match error.refused_with() {
        Some(Code::InvalidCredentials) => {
            Problem::new(Code::InvalidGrant).with_detail("There is no such account, or the password is wrong.")
        }
        Some(Code::Forbidden) => Problem::new(Code::InvalidGrant).with_detail("This account is disabled."),
        _ => Problem::from(error),
    };
    let name = match problem.code() {
        Code::InvalidGrant => "invalid_grant",
        _ if problem.status().is_server_error() => "temporarily_unavailable",
        Code::LoginThrottled => "temporarily_unavailable",
        _ => "invalid_request",
    };
    in_oauth_terms(name, problem)
}

/// Adds OAuth's own members; its descriptions may have printable ASCII without quotes and backslashes only.
fn in_oauth_terms(name: &'static str, problem: Problem) -> Problem {
    let detail = problem.detail().unwrap_or_else(|| problem.code().title());
    let plain: String = detail.chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')).collect();
    problem.with_member("error", name.into()).with_member("error_description", plain.into())
}
