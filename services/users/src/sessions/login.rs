//! `POST /internal/sessions`

use axum::extract::State;
use http::StatusCode;
use principal::Principal;
use problem::{Fields, Json};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Opened, open};
use crate::{
    Service,
    access::{self, Action},
    domain::{Client, Email, Password, TokenHash, Username},
    entity::{credential, user},
    error::Error,
    groups::{Changed, changed},
    users,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "login": "ada", "password": "correct horse",
    "token_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}))]
pub(crate) struct OpenSession {
    /// A username, or an e-mail address if it has an `@`.
    login: String,
    /// The password.
    #[schema(value_type = String)]
    password: SecretString,
    /// SHA-256 of the first refresh token, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    token_hash: String,
    /// What the session is recognised by in a list; shortened to 200 characters.
    client: Option<String>,
}

/// Verify a password and open a session
///
/// A wrong password, an unknown login and a deleted account get the same answer after the same time. A disabled account is
/// told so only after its right password.
#[utoipa::path(
    post,
    path = "/internal/sessions",
    tag = "Internal",
    extensions(("x-internal" = json!(true))),
    request_body = OpenSession,
    responses(
        (status = 201, description = "The account and its session.", body = Opened),
        (status = 401, description = "`invalid_credentials`: no account has this login and password."),
        (status = 403, description = "The account is disabled."),
    )
)]
pub(crate) async fn open_session(
    State(service): State<Service>,
    caller: Principal,
    Json(body): Json<OpenSession>,
) -> Result<(StatusCode, Changed, Json<Opened>), Error> {
    access::check(Action::Internal, &caller, 0)?;
    let mut fields = Fields::new();
    let token = fields.check("/token_hash", TokenHash::parse(&body.token_hash));
    let Some(token) = token else { return Err(fields.refused().into()) };
    let found = find(service.db.reader(), &body.login).await?;
    let hash = found.as_ref().map(|(_, credential)| credential.password_hash.clone());
    let verified = service.config.passwords.verify(Password::presented(body.password), hash).await?;
    let Some((user, credential)) = found.filter(|_| verified) else { return Err(Error::WrongCredentials) };

    let transaction = service.db.write().await?;
    let user = still_good(&transaction, user.id, &credential).await?;
    let now = service.clock.now();
    let client = body.client.as_deref().map(Client::shorten);
    let session = open(&service, &transaction, user.id, &token, client, now).await?;
    transaction.commit().await?;
    let changed = changed::sessions_of(user.id);
    Ok((StatusCode::CREATED, changed, Json(Opened::new(user, session, now))))
}

/// The account behind a login, with its credential.
async fn find(db: &impl ConnectionTrait, login: &str) -> Result<Option<(user::Model, credential::Model)>, DbErr> {
    let users = user::Entity::find().filter(user::COLUMN.deleted_at.is_null());
    let users = if login.contains('@') {
        let Ok(email) = Email::parse(login) else { return Ok(None) };
        users.filter(user::COLUMN.email.eq(email.as_str()))
    } else {
        let Ok(username) = Username::parse(login.trim()) else { return Ok(None) };
        users.filter(user::COLUMN.username.eq(username.as_str()))
    };
    let Some(user) = users.one(db).await? else { return Ok(None) };
    let credential = credential::Entity::find_by_id(user.id).one(db).await?;
    Ok(credential.map(|credential| (user, credential)))
}

/// While the password was being verified the account may have been disabled or its password changed.
async fn still_good(
    transaction: &impl ConnectionTrait,
    id: i64,
    verified: &credential::Model,
) -> Result<user::Model, Error> {
    let user = users::find_by_id(transaction, id, true).await?.ok_or(Error::WrongCredentials)?;
    let credential = credential::Entity::find_by_id(id).lock_shared().one(transaction).await?;
    if credential.as_ref() != Some(verified) {
        return Err(Error::WrongCredentials);
    }
    if !user.is_active {
        return Err(Error::Forbidden("This account is disabled."));
    }
    Ok(user)
}
