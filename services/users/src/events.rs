//! What this service tells the others: `user.registered`, `user.changed` and `user.deleted`, each with the account as everybody may
//! see it. No e-mail address is ever in an event. Demo accounts are not told of: every service makes its own demo data.

use ::events::{Aggregate, Event, record};
use sea_orm::{DatabaseTransaction, DbErr};
use serde_json::json;

use crate::entity::user;

/// An account was made in this transaction.
pub(crate) async fn registered(transaction: &DatabaseTransaction, user: &user::Model) -> Result<(), DbErr> {
    tell(transaction, "user.registered", user, user.joined_at).await
}

/// An account became different in this transaction.
pub(crate) async fn changed(transaction: &DatabaseTransaction, user: &user::Model, now: i64) -> Result<(), DbErr> {
    tell(transaction, "user.changed", user, now).await
}

/// An account went in this transaction; its username is never given out again.
pub(crate) async fn deleted(transaction: &DatabaseTransaction, user: &user::Model, now: i64) -> Result<(), DbErr> {
    tell(transaction, "user.deleted", user, now).await
}

async fn tell(transaction: &DatabaseTransaction, kind: &str, user: &user::Model, at: i64) -> Result<(), DbErr> {
    let data = json!({
        "username": user.username, "display_name": user.display_name, "avatar": user.avatar, "is_active": user.is_active,
    });
    record(transaction, &Event::new(kind, Aggregate::new("user", user.id), user.version, at, data)).await
}
