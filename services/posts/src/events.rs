//! What this service tells the others: `post.created`, `post.changed` (by its author), `post.counted` (likes or comments) and
//! `post.deleted`. The version of the aggregate is the row's `seq`, which grows with every one of them. And `avatar.changed`: where the
//! picture of an account is now.

use ::events::{Aggregate, Event, record};
use sea_orm::{DatabaseTransaction, DbErr};
use serde_json::{Value, json};

use crate::{entity::post, media::Media, posts::PostData};

/// A post was made in this transaction.
pub(crate) async fn created(
    transaction: &DatabaseTransaction,
    post: &post::Model,
    media: &[Media],
) -> Result<(), DbErr> {
    tell(transaction, "post.created", post, post.created_at, data(post, media)).await
}

/// A post was edited in this transaction.
pub(crate) async fn changed(
    transaction: &DatabaseTransaction,
    post: &post::Model,
    media: &[Media],
    now: i64,
) -> Result<(), DbErr> {
    tell(transaction, "post.changed", post, now, data(post, media)).await
}

/// A post has other counts in this transaction.
pub(crate) async fn counted(
    transaction: &DatabaseTransaction,
    post: &post::Model,
    media: &[Media],
    now: i64,
) -> Result<(), DbErr> {
    tell(transaction, "post.counted", post, now, data(post, media)).await
}

/// A post went in this transaction; `post` is what it was.
pub(crate) async fn deleted(transaction: &DatabaseTransaction, post: &post::Model, now: i64) -> Result<(), DbErr> {
    let gone = post::Model { seq: post.seq + 1, ..post.clone() };
    tell(transaction, "post.deleted", &gone, now, json!({"author_id": post.author_id})).await
}

/// An account has another picture in this transaction, or none.
pub(crate) async fn avatar(
    transaction: &DatabaseTransaction,
    owner: i64,
    version: i64,
    url: Option<&str>,
    now: i64,
) -> Result<(), DbErr> {
    let data = json!({"user_id": owner, "avatar": url});
    record(transaction, &Event::new("avatar.changed", Aggregate::new("avatar", owner), version, now, data)).await
}

fn data(post: &post::Model, media: &[Media]) -> Value {
    serde_json::to_value(PostData::new(post, media.to_vec())).unwrap_or_default()
}

async fn tell(
    transaction: &DatabaseTransaction,
    kind: &str,
    post: &post::Model,
    at: i64,
    data: Value,
) -> Result<(), DbErr> {
    record(transaction, &Event::new(kind, Aggregate::new("post", post.id), post.seq, at, data)).await
}
