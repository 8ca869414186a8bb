//! Refresh sessions: opened by a login, carried on by rotating one-time refresh tokens, ended in several ways.

mod close;
mod list;
mod login;
mod password;
mod revoke;
mod rotate;

use principal::Principal;
use sea_orm::{
    ActiveModelTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::Expr,
};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use close::{__path_close_session, Closed, close_session};
pub(crate) use list::{__path_list_sessions, SessionItem, list_sessions};
pub(crate) use login::{__path_open_session, open_session};
pub(crate) use password::{__path_change_password, change_password, exchange};
pub(crate) use revoke::{__path_revoke_session, revoke_session};
pub use rotate::GRACE;
pub(crate) use rotate::{__path_rotate_session, rotate_session};

use crate::{
    Service,
    domain::{Client, SessionId, TokenHash},
    entity::{refresh_token, session, user},
    users::User,
};
use service::clock::{millis, rfc3339};

/// A session, as the gateway needs it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// The `sid` of the session's access tokens.
    #[schema(example = "01931a0b-6f5e-7c3a-9a51-2f1c7d9f0b11")]
    pub(crate) id: String,
    /// When the person signed in.
    #[schema(format = DateTime, example = "2025-01-01T00:00:00.000Z")]
    pub(crate) created_at: String,
    /// When the session ends if its refresh token is not used before.
    #[schema(format = DateTime, example = "2025-01-15T00:00:00.000Z")]
    pub(crate) expires_at: String,
}

impl From<session::Model> for Session {
    fn from(session: session::Model) -> Self {
        let (created_at, expires_at) = (rfc3339(session.created_at), rfc3339(ends(&session)));
        Self { id: session.id, created_at, expires_at }
    }
}

/// Who is signed in, and with which session.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Opened {
    /// The account, as it sees itself.
    pub(crate) user: User,
    /// The session.
    pub(crate) session: Session,
    /// The moment this is true of, in epoch milliseconds of the clock that revocations are dated by: what an access token
    /// made from it has to be dated.
    #[schema(example = 1_735_689_600_000_i64)]
    pub(crate) as_of_ms: i64,
}

impl Opened {
    pub(crate) fn new(user: user::Model, session: session::Model, as_of_ms: i64) -> Self {
        Self { user: User::private(user), session: session.into(), as_of_ms }
    }
}

/// Opens a session whose first refresh token has this hash.
pub(crate) async fn open(
    service: &Service,
    transaction: &DatabaseTransaction,
    user_id: i64,
    token: &TokenHash,
    client: Option<Client>,
    now: i64,
) -> Result<session::Model, DbErr> {
    let session = session::Model {
        id: SessionId::new().as_str().to_owned(),
        user_id,
        client: client.map(Client::into_inner),
        created_at: now,
        last_used_at: now,
        idle_until: now + millis(service.config.session_idle),
        absolute_until: now + millis(service.config.session_absolute),
        revoked_at: None,
    };
    let session = session.into_active_model().reset_all().insert(transaction).await?;
    add_token(transaction, &session.id, token, now).await?;
    Ok(session)
}

async fn add_token(transaction: &DatabaseTransaction, session: &str, token: &TokenHash, now: i64) -> Result<(), DbErr> {
    let (hash, session_id) = (token.as_str().to_owned(), session.to_owned());
    let token = refresh_token::Model { hash, session_id, created_at: now, used_at: None, successor: None };
    token.into_active_model().reset_all().insert(transaction).await.map(drop)
}

/// Ends every live session of a user but `except`, and returns their ids. Does not record revocations.
pub(crate) async fn end_all(
    transaction: &DatabaseTransaction,
    user_id: i64,
    except: Option<&str>,
    now: i64,
) -> Result<Vec<String>, DbErr> {
    let mut ending = session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::val(now))
        .filter(session::COLUMN.user_id.eq(user_id))
        .filter(session::COLUMN.revoked_at.is_null());
    if let Some(except) = except {
        ending = ending.filter(session::COLUMN.id.ne(except));
    }
    let ended = ending.exec_with_returning(transaction).await?;
    Ok(ended.into_iter().map(|session| session.id).collect())
}

/// Ends one live session of a user; `false` if there is none with this id.
async fn end(transaction: &DatabaseTransaction, user_id: i64, id: &str, now: i64) -> Result<bool, DbErr> {
    let ended = session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::val(now))
        .filter(session::COLUMN.id.eq(id))
        .filter(session::COLUMN.user_id.eq(user_id))
        .filter(session::COLUMN.revoked_at.is_null())
        .filter(session::COLUMN.idle_until.gt(now))
        .filter(session::COLUMN.absolute_until.gt(now))
        .exec(transaction)
        .await?;
    Ok(ended.rows_affected > 0)
}

fn ends(session: &session::Model) -> i64 {
    session.idle_until.min(session.absolute_until)
}

/// Whether a refresh token of this session may still be used.
fn is_live(session: &session::Model, now: i64) -> bool {
    session.revoked_at.is_none() && now < ends(session)
}

/// The session that the caller's access token belongs to.
fn own(caller: &Principal) -> Option<&str> {
    caller.sid.as_deref()
}
