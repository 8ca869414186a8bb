//! Changing the row of a post, and telling of it. Whoever changes anything about a post holds its row: so counts are exact, edits come
//! one after the other, and nothing is added to a post that is being deleted.

use principal::Principal;
use sea_orm::{
    ActiveModelTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, IntoActiveModel as _, NotSet,
    QueryFilter as _, QuerySelect as _,
};

use crate::{
    blocks,
    domain::Tags,
    entity::{post, post_tag},
    error::Error,
    events, media,
};

/// The post, which nobody else changes until the transaction ends.
pub(crate) async fn lock(transaction: &DatabaseTransaction, id: i64) -> Result<Option<post::Model>, DbErr> {
    post::Entity::find_by_id(id).lock_exclusive().one(transaction).await
}

/// The post, locked, for somebody who wants to do something to it or under it.
///
/// # Errors
/// [`Error::NoSuchPost`] if it is not there or its author has blocked the caller, [`Error::Blocked`] if the caller has blocked its author.
pub(crate) async fn approach(
    transaction: &DatabaseTransaction,
    caller: &Principal,
    id: i64,
) -> Result<post::Model, Error> {
    let post = lock(transaction, id).await?.ok_or(Error::NoSuchPost)?;
    blocks::check(transaction, caller, post.author_id, Error::NoSuchPost).await?;
    Ok(post)
}

/// Adds a row; its id is given by the database.
pub(crate) async fn insert(
    transaction: &DatabaseTransaction,
    post: post::Model,
    tags: &Tags,
) -> Result<post::Model, DbErr> {
    let mut row = post.into_active_model().reset_all();
    row.id = NotSet;
    let post = row.insert(transaction).await?;
    tag(transaction, &post, tags).await?;
    Ok(post)
}

/// Stores what a post is now, with its tags.
pub(crate) async fn update(
    transaction: &DatabaseTransaction,
    post: post::Model,
    tags: &Tags,
) -> Result<post::Model, DbErr> {
    let post = post.into_active_model().reset_all().update(transaction).await?;
    post_tag::Entity::delete_many().filter(post_tag::COLUMN.post_id.eq(post.id)).exec(transaction).await?;
    tag(transaction, &post, tags).await?;
    Ok(post)
}

async fn tag(transaction: &DatabaseTransaction, post: &post::Model, tags: &Tags) -> Result<(), DbErr> {
    let row = |tag: &str| post_tag::Model { tag: tag.to_owned(), created_at: post.created_at, post_id: post.id };
    let rows: Vec<_> = tags.iter().map(|tag| row(tag).into_active_model().reset_all()).collect();
    if rows.is_empty() {
        return Ok(());
    }
    post_tag::Entity::insert_many(rows).exec_without_returning(transaction).await.map(drop)
}

/// Counts more (or fewer) likes and comments, and tells of it.
pub(crate) async fn count(
    transaction: &DatabaseTransaction,
    post: post::Model,
    likes: i64,
    comments: i64,
    now: i64,
) -> Result<post::Model, DbErr> {
    let post = post::Model {
        like_count: post.like_count + likes,
        comment_count: post.comment_count + comments,
        seq: post.seq + 1,
        ..post
    };
    let post = post.into_active_model().reset_all().update(transaction).await?;
    let media = media::of_post(transaction, post.id).await?;
    events::counted(transaction, &post, &media, now).await?;
    Ok(post)
}

/// Tells of a post, which is locked, because its pictures have changed: others have another copy of it now.
pub(crate) async fn retell(transaction: &DatabaseTransaction, post: post::Model, now: i64) -> Result<(), DbErr> {
    let post = post::Model { seq: post.seq + 1, ..post };
    let post = post.into_active_model().reset_all().update(transaction).await?;
    let media = media::of_post(transaction, post.id).await?;
    events::changed(transaction, &post, &media, now).await
}

/// Deletes a post that is locked, and with it its comments, likes, tags and pictures.
pub(crate) async fn delete(transaction: &DatabaseTransaction, post: &post::Model, now: i64) -> Result<(), DbErr> {
    post::Entity::delete_by_id(post.id).exec(transaction).await?;
    events::deleted(transaction, post, now).await
}
