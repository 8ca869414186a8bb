//! Which pictures a post has.

use std::collections::HashMap;

use problem::{Code, Problem};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::Expr,
};

use super::Media;
use crate::{entity::media, error::Error};

/// The pictures of one post, in their order.
pub(crate) async fn of_post(db: &impl ConnectionTrait, post: i64) -> Result<Vec<Media>, DbErr> {
    Ok(of_posts(db, &[post]).await?.remove(&post).unwrap_or_default())
}

/// The pictures of these posts, in the order of each.
pub(crate) async fn of_posts(db: &impl ConnectionTrait, posts: &[i64]) -> Result<HashMap<i64, Vec<Media>>, DbErr> {
    let mut all: HashMap<i64, Vec<Media>> = HashMap::new();
    if posts.is_empty() {
        return Ok(all);
    }
    let rows = media::Entity::find()
        .filter(media::COLUMN.post_id.is_in(posts.to_vec()))
        .order_by_asc(media::Column::PostId)
        .order_by_asc(media::Column::Position)
        .all(db)
        .await?;
    for row in rows {
        if let Some(post) = row.post_id {
            all.entry(post).or_default().push(row.into());
        }
    }
    Ok(all)
}

/// Makes these the pictures of a post, in this order; what it had besides is free from now on.
///
/// # Errors
/// 422 at `/media_ids/N` for each that is not the owner's, or is in another post.
pub(crate) async fn attach(
    transaction: &DatabaseTransaction,
    owner: i64,
    post: i64,
    ids: &[i64],
    now: i64,
) -> Result<Vec<Media>, Error> {
    // In the order of their ids, so that two who want the same do not wait for each other.
    let rows = media::Entity::find()
        .filter(media::COLUMN.id.is_in(ids.to_vec()))
        .order_by_asc(media::Column::Id)
        .lock_exclusive()
        .all(transaction)
        .await?;
    let mut found: HashMap<i64, media::Model> = rows.into_iter().map(|row| (row.id, row)).collect();
    found.retain(|_, row| row.owner_id == owner && row.post_id.is_none_or(|taken| taken == post));
    let mut refused = Problem::new(Code::ValidationFailed);
    for (index, _) in ids.iter().enumerate().filter(|(_, id)| !found.contains_key(id)) {
        let message = "There is no such picture of yours, or another post has it.";
        refused = refused.with_error(format!("/media_ids/{index}"), "unknown_media", message);
    }
    if !refused.errors().is_empty() {
        return Err(refused.into());
    }
    place(transaction, None, media::COLUMN.post_id.eq(post), 0, now).await?;
    let mut attached = Vec::new();
    for (position, id) in (0..).zip(ids) {
        place(transaction, Some(post), media::COLUMN.id.eq(*id), position, now).await?;
        attached.extend(found.remove(id).map(Media::from));
    }
    Ok(attached)
}

async fn place(
    transaction: &DatabaseTransaction,
    post: Option<i64>,
    which: Expr,
    position: i64,
    now: i64,
) -> Result<(), DbErr> {
    media::Entity::update_many()
        .col_expr(media::Column::PostId, Expr::value(post))
        .col_expr(media::Column::Position, Expr::value(position))
        .col_expr(media::Column::FreeSince, Expr::value(post.is_none().then_some(now)))
        .filter(which)
        .exec(transaction)
        .await
        .map(drop)
}
