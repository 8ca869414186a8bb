//! `PUT /internal/password`

use axum::extract::State;
use principal::Principal;
use problem::{Fields, Json};
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _, sea_query::Expr};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Opened, end_all, open, own};
use crate::{
    Service,
    access::{self, Action},
    domain::{Client, Password, TokenHash},
    entity::{credential, session},
    error::Error,
    groups::{Changed, changed},
    revocations, users,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "current_password": "correct horse", "new_password": "battery staple",
    "token_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}))]
pub(crate) struct ChangePassword {
    /// The password that is good now.
    #[schema(value_type = String)]
    current_password: SecretString,
    /// At least 6 characters in the demo profile and 8 in production.
    #[schema(value_type = String, min_length = 6, max_length = 256)]
    new_password: SecretString,
    /// SHA-256 of the new session's first refresh token, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    token_hash: String,
}

/// Change the caller's password
///
/// Every session of the account ends, and a new one is opened.
#[utoipa::path(
    put,
    path = "/internal/password",
    tag = "Internal",
    extensions(("x-internal" = json!(true))),
    request_body = ChangePassword,
    responses(
        (status = 200, description = "The account and its new session.", body = Opened),
        (status = 403, description = "The account is disabled."),
        (status = 404, description = "The account has been deleted."),
        (status = 409, description = "`conflict`: the password was changed at the same time."),
    )
)]
pub(crate) async fn change_password(
    State(service): State<Service>,
    caller: Principal,
    Json(body): Json<ChangePassword>,
) -> Result<(Changed, Json<Opened>), Error> {
    let user_id = access::signed_in(&caller)?;
    access::check(Action::OwnSessions, &caller, user_id)?;
    let mut fields = Fields::new();
    let least = service.config.password_least;
    let new = fields.check("/new_password", Password::parse_new(body.new_password, least));
    let token = fields.check("/token_hash", TokenHash::parse(&body.token_hash));
    let (Some(new), Some(token)) = (new, token) else { return Err(fields.refused().into()) };
    let credential = credential::Entity::find_by_id(user_id).one(service.db.reader()).await?;
    let before = credential.ok_or(Error::NoSuchUser)?.password_hash;
    let current = Password::presented(body.current_password);
    if !service.config.passwords.verify(current, Some(before.clone())).await? {
        return Err(Error::WrongPassword);
    }
    let hash = service.config.passwords.hash(new).await?;

    let transaction = service.db.write().await?;
    let user = users::find_by_id(&transaction, user_id, true).await?.ok_or(Error::NoSuchUser)?;
    if !user.is_active {
        return Err(Error::Forbidden("This account is disabled."));
    }
    let now = service.clock.now();
    if !exchange(&transaction, user_id, Some(&before), &hash, now).await? {
        return Err(problem::Problem::new(problem::Code::Conflict).into());
    }
    let client = client_of(&transaction, own(&caller)).await?;
    let ended = end_all(&transaction, user_id, None, now).await?;
    let session = open(&service, &transaction, user_id, &token, client, now).await?;
    revocations::of_sessions(&transaction, &ended, now).await?;
    transaction.commit().await?;
    tracing::info!(target: "audit", user_id, "a password was changed");
    Ok((changed::sessions_of(user_id), Json(Opened::new(user, session, now))))
}

/// Sets the password of an account; with `before` only if it is still that one.
pub(crate) async fn exchange(
    transaction: &DatabaseTransaction,
    user_id: i64,
    before: Option<&str>,
    hash: &str,
    now: i64,
) -> Result<bool, DbErr> {
    let mut exchanged = credential::Entity::update_many()
        .col_expr(credential::Column::PasswordHash, Expr::val(hash))
        .col_expr(credential::Column::ChangedAt, Expr::val(now))
        .filter(credential::COLUMN.user_id.eq(user_id));
    if let Some(before) = before {
        exchanged = exchanged.filter(credential::COLUMN.password_hash.eq(before));
    }
    Ok(exchanged.exec(transaction).await?.rows_affected == 1)
}

/// The new session is on the same device as the one that asked for it.
async fn client_of(transaction: &DatabaseTransaction, session: Option<&str>) -> Result<Option<Client>, DbErr> {
    let Some(id) = session else { return Ok(None) };
    let session = session::Entity::find_by_id(id).one(transaction).await?;
    Ok(session.and_then(|session| session.client).map(|client| Client::shorten(&client)))
}
