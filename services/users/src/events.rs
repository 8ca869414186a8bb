//! What this service tells the others: `user.registered`, `user.changed` and `user.deleted`, each with the account as everybody may
//! see it; and `user.followed`, `user.unfollowed`, `user.blocked` and `user.unblocked`, each with the pair. No e-mail address is ever in
//! an event. Demo accounts are told of as changed, not as registered.

use ::events::{Aggregate, Event, record};
use sea_orm::{DatabaseTransaction, DbErr};
use serde_json::json;

use crate::entity::{block, follow, user};

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

/// One account follows another since this transaction, or does no longer.
pub(crate) async fn follow(transaction: &DatabaseTransaction, row: &follow::Model, now: i64) -> Result<(), DbErr> {
    let kind = if row.is_active { "user.followed" } else { "user.unfollowed" };
    let data = json!({
        "follower_id": row.follower_id, "followed_id": row.followed_id, "active": row.is_active, "since": row.since,
    });
    record(transaction, &Event::new(kind, Aggregate::new("follow", row.id), row.version, now, data)).await
}

/// One account has blocked another in this transaction, or taken that back.
pub(crate) async fn block(transaction: &DatabaseTransaction, row: &block::Model, now: i64) -> Result<(), DbErr> {
    let kind = if row.is_active { "user.blocked" } else { "user.unblocked" };
    let data = json!({"blocker_id": row.blocker_id, "blocked_id": row.blocked_id, "active": row.is_active});
    record(transaction, &Event::new(kind, Aggregate::new("block", row.id), row.version, now, data)).await
}

async fn tell(transaction: &DatabaseTransaction, kind: &str, user: &user::Model, at: i64) -> Result<(), DbErr> {
    let data = json!({
        "username": user.username, "display_name": user.display_name, "avatar": user.avatar, "is_active": user.is_active,
    });
    record(transaction, &Event::new(kind, Aggregate::new("user", user.id), user.version, at, data)).await
}
