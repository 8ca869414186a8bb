//! What this service makes of what `users` tells: its copy of blocks, and the end of what an account has written and liked.

use std::collections::BTreeSet;

use ::events::{BoxError, Event, Follow};
use sea_orm::{
    ActiveModelTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use serde::Deserialize;

use crate::{
    accounts, avatars,
    entity::{block, comment, like, media, post},
    posts::store,
};

/// Whoever keeps this service up to date.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Follower;

#[derive(Debug, Deserialize)]
struct Block {
    blocker_id: i64,
    blocked_id: i64,
    active: bool,
}

impl Follow for Follower {
    const NAME: &'static str = "posts";
    const SUBJECTS: &'static [&'static str] =
        &["agora.users.user.blocked", "agora.users.user.unblocked", "agora.users.user.deleted"];

    async fn handle(&self, transaction: &DatabaseTransaction, event: &Event) -> Result<(), BoxError> {
        match event.kind.as_str() {
            "user.blocked" | "user.unblocked" => {
                let block = Block::deserialize(&event.data)?;
                keep(transaction, event, block).await?;
            }
            "user.deleted" => end(transaction, event.aggregate.id, event.occurred_at).await?,
            // A subject that nobody asked for.
            _ => {}
        }
        Ok(())
    }
}

/// Takes a pair over, unless what is known of it is newer.
async fn keep(transaction: &DatabaseTransaction, event: &Event, told: Block) -> Result<(), DbErr> {
    let known = block::Entity::find_by_id(event.aggregate.id).one(transaction).await?;
    let row = block::Model {
        id: event.aggregate.id,
        blocker_id: told.blocker_id,
        blocked_id: told.blocked_id,
        is_active: told.active,
        version: event.version,
    };
    let newer = row.into_active_model().reset_all();
    match known {
        None => newer.insert(transaction).await.map(drop),
        Some(known) if known.version < event.version => newer.update(transaction).await.map(drop),
        Some(_) => Ok(()),
    }
}

/// Deletes what an account has written, liked and uploaded. Nobody writes in its name from here on.
async fn end(transaction: &DatabaseTransaction, id: i64, now: i64) -> Result<(), DbErr> {
    accounts::end(transaction, id).await?;
    let own = post::Entity::find()
        .filter(post::COLUMN.author_id.eq(id))
        .order_by_asc(post::Column::Id)
        .lock_exclusive()
        .all(transaction)
        .await?;
    for post in own {
        store::delete(transaction, &post, now).await?;
    }
    for touched in touched(transaction, id).await? {
        withdraw(transaction, id, touched, now).await?;
    }
    avatars::end(transaction, id).await?;
    media::Entity::delete_many().filter(media::COLUMN.owner_id.eq(id)).exec(transaction).await.map(drop)
}

/// The posts that the account has commented on or liked, in the order in which they are locked.
async fn touched(transaction: &DatabaseTransaction, id: i64) -> Result<BTreeSet<i64>, DbErr> {
    let commented = comment::Entity::find().select_only().column(comment::Column::PostId);
    let commented = commented.filter(comment::COLUMN.author_id.eq(id)).into_tuple::<i64>().all(transaction).await?;
    let liked = like::Entity::find().select_only().column(like::Column::PostId);
    let liked = liked.filter(like::COLUMN.user_id.eq(id)).into_tuple::<i64>().all(transaction).await?;
    Ok(commented.into_iter().chain(liked).collect())
}

/// Takes an account's comments and like from a post.
async fn withdraw(transaction: &DatabaseTransaction, id: i64, post: i64, now: i64) -> Result<(), DbErr> {
    let Some(post) = store::lock(transaction, post).await? else { return Ok(()) };
    let comments = comment::Entity::delete_many()
        .filter(comment::COLUMN.post_id.eq(post.id))
        .filter(comment::COLUMN.author_id.eq(id))
        .exec(transaction)
        .await?
        .rows_affected;
    let likes = like::Entity::delete_by_id((post.id, id)).exec(transaction).await?.rows_affected;
    let less = |rows: u64| -i64::try_from(rows).unwrap_or_default();
    store::count(transaction, post, less(likes), less(comments), now).await.map(drop)
}
