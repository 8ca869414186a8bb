//! `POST /internal/sessions/rotate`

use std::time::Duration;

use axum::extract::State;
use principal::Principal;
use problem::{Fields, Json};
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _, sea_query::Expr};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Opened, add_token, end, is_live};
use crate::{
    Service,
    access::{self, Action},
    domain::TokenHash,
    entity::{refresh_token, session, user},
    error::Error,
    groups::{Changed, changed},
    revocations,
};
use service::clock::millis;

/// How long after its first use a refresh token still leads to the same successor: two tabs that refresh at once, or an
/// answer that was lost.
pub const GRACE: Duration = Duration::from_secs(20);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "presented": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "successor": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
}))]
pub(crate) struct RotateSession {
    /// SHA-256 of the refresh token that was presented, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    presented: String,
    /// SHA-256 of the token that takes its place.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    successor: String,
}

/// Exchange a refresh token for its successor
///
/// A token is good once. The same exchange again within 20 seconds gets the same answer; later it is taken for theft: the
/// session ends with every token that descends from it.
#[utoipa::path(
    post,
    path = "/internal/sessions/rotate",
    tag = "Internal",
    extensions(("x-internal" = json!(true))),
    request_body = RotateSession,
    responses(
        (status = 200, description = "The account and its session; the successor is good now.", body = Opened),
        (status = 400, description = "`invalid_grant`: the token is unknown, expired, revoked or was used before."),
    )
)]
pub(crate) async fn rotate_session(
    State(service): State<Service>,
    caller: Principal,
    Json(body): Json<RotateSession>,
) -> Result<(Changed, Json<Opened>), Error> {
    access::check(Action::Internal, &caller, 0)?;
    let mut fields = Fields::new();
    let presented = fields.check("/presented", TokenHash::parse(&body.presented));
    let successor = fields.check("/successor", TokenHash::parse(&body.successor));
    if presented == successor && presented.is_some() {
        fields.refuse("/successor", "same_token", "A token is not its own successor.");
    }
    let (Some(presented), Some(successor)) = (presented, successor) else { return Err(fields.refused().into()) };
    fields.finish()?;
    let opened = rotate(&service, &presented, &successor).await?;
    Ok((changed::sessions_of(opened.user.id), Json(opened)))
}

async fn rotate(service: &Service, presented: &TokenHash, successor: &TokenHash) -> Result<Opened, Error> {
    let transaction = service.db.write().await?;
    let token = find(&transaction, presented).await?.ok_or(UNKNOWN)?;
    let (user, session) = lock(&transaction, &token.session_id).await?;
    let now = service.clock.now();
    if !is_live(&session, now) {
        return Err(Error::InvalidGrant("The session has ended."));
    }
    let user_id = user.id;
    let outcome = if consume(&transaction, presented, successor, now).await? {
        add_token(&transaction, &session.id, successor, now).await?;
        touch(service, &transaction, &session.id, now).await?
    } else {
        repeated(&transaction, session, presented, successor, now).await?
    };
    transaction.commit().await?;
    match outcome {
        Outcome::Goes(session) => Ok(Opened::new(user, session, now)),
        Outcome::Differs => Err(Error::InvalidGrant("The refresh token has been exchanged for another successor.")),
        Outcome::Stolen => Err(Error::TokenReused { user_id }),
    }
}

const UNKNOWN: Error = Error::InvalidGrant("The refresh token is not known.");

enum Outcome {
    Goes(session::Model),
    Differs,
    Stolen,
}

/// The compare-and-set: of all who present a token, one finds it unused.
async fn consume(
    transaction: &DatabaseTransaction,
    presented: &TokenHash,
    successor: &TokenHash,
    now: i64,
) -> Result<bool, DbErr> {
    let consumed = refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::UsedAt, Expr::val(now))
        .col_expr(refresh_token::Column::Successor, Expr::val(successor.as_str()))
        .filter(refresh_token::COLUMN.hash.eq(presented.as_str()))
        .filter(refresh_token::COLUMN.used_at.is_null())
        .exec(transaction)
        .await?;
    Ok(consumed.rows_affected == 1)
}

async fn touch(service: &Service, transaction: &DatabaseTransaction, id: &str, now: i64) -> Result<Outcome, DbErr> {
    let idle_until = now + millis(service.config.session_idle);
    let touched = session::Entity::update_many()
        .col_expr(session::Column::LastUsedAt, Expr::val(now))
        .col_expr(session::Column::IdleUntil, Expr::val(idle_until))
        .filter(session::COLUMN.id.eq(id))
        .exec_with_returning(transaction)
        .await?;
    touched.into_iter().next().map(Outcome::Goes).ok_or(DbErr::RecordNotUpdated)
}

/// The token was used before: a twin within the grace, or theft.
async fn repeated(
    transaction: &DatabaseTransaction,
    session: session::Model,
    presented: &TokenHash,
    successor: &TokenHash,
    now: i64,
) -> Result<Outcome, Error> {
    let token = find(transaction, presented).await?.ok_or(UNKNOWN)?;
    if now.saturating_sub(token.used_at.unwrap_or(i64::MIN)) <= millis(GRACE) {
        let same = token.successor.as_deref() == Some(successor.as_str());
        return Ok(if same { Outcome::Goes(session) } else { Outcome::Differs });
    }
    end(transaction, session.user_id, &session.id, now).await?;
    revocations::of_sessions(transaction, std::slice::from_ref(&session.id), now).await?;
    tracing::warn!(
        target: "audit", user_id = session.user_id, sid = session.id,
        "a refresh token was used again: its session has been ended"
    );
    Ok(Outcome::Stolen)
}

async fn find(transaction: &DatabaseTransaction, hash: &TokenHash) -> Result<Option<refresh_token::Model>, DbErr> {
    refresh_token::Entity::find_by_id(hash.as_str()).one(transaction).await
}

/// Everything that happens to a session happens one after the other, and the account does not change meanwhile. The
/// account is locked first, as everywhere.
async fn lock(transaction: &DatabaseTransaction, id: &str) -> Result<(user::Model, session::Model), Error> {
    let session = session::Entity::find_by_id(id).one(transaction).await?.ok_or(UNKNOWN)?;
    let user = user::Entity::find_by_id(session.user_id).lock_shared().one(transaction).await?;
    let user = user.filter(|user| user.is_active).ok_or(Error::InvalidGrant("The account is disabled."))?;
    let session = session::Entity::find_by_id(id).lock_exclusive().one(transaction).await?.ok_or(UNKNOWN)?;
    Ok((user, session))
}
