//! Pictures as posts have them. A picture is uploaded first, and is free until a post has it; a post that gives it up sets it free again,
//! and one that is deleted takes it along.

use std::collections::HashMap;

use problem::{Code, Problem};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::Expr,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{entity::media, error::Error};

/// The most pictures of a post.
pub(crate) const MOST: usize = 10;

/// A picture.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Media {
    /// Its number.
    #[schema(example = 3, minimum = 1)]
    pub(crate) id: i64,
    /// What is to be seen on it, for those who do not see it; may be empty.
    pub(crate) alt: String,
    /// Pixels of the largest variant.
    #[schema(minimum = 1)]
    pub(crate) width: i64,
    /// Pixels of the largest variant.
    #[schema(minimum = 1)]
    pub(crate) height: i64,
    /// What is shown while it loads.
    pub(crate) placeholder: String,
    /// What matters most on it, if somebody said so.
    #[schema(required)]
    pub(crate) focus: Option<Focus>,
    /// The same picture in several sizes, the smallest first.
    pub(crate) variants: Vec<Variant>,
}

/// A point of a picture, as parts of its width and height.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Focus {
    /// 0 is left, 1 is right.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) x: f64,
    /// 0 is the top, 1 is the bottom.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) y: f64,
}

/// A picture in one size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Variant {
    /// Pixels.
    #[schema(minimum = 1)]
    pub(crate) height: i64,
    /// Pixels.
    #[schema(minimum = 1)]
    pub(crate) width: i64,
    /// Where it is; what is there never changes.
    pub(crate) url: String,
}

impl From<media::Model> for Media {
    fn from(row: media::Model) -> Self {
        Self {
            id: row.id,
            alt: row.alt,
            width: row.width,
            height: row.height,
            placeholder: row.placeholder,
            focus: row.focus_x.zip(row.focus_y).map(|(x, y)| Focus { x, y }),
            variants: serde_json::from_str(&row.variants).unwrap_or_default(),
        }
    }
}

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
    place(transaction, None, media::COLUMN.post_id.eq(post), 0).await?;
    let mut attached = Vec::new();
    for (position, id) in (0..).zip(ids) {
        place(transaction, Some(post), media::COLUMN.id.eq(*id), position).await?;
        attached.extend(found.remove(id).map(Media::from));
    }
    Ok(attached)
}

async fn place(transaction: &DatabaseTransaction, post: Option<i64>, which: Expr, position: i64) -> Result<(), DbErr> {
    media::Entity::update_many()
        .col_expr(media::Column::PostId, Expr::value(post))
        .col_expr(media::Column::Position, Expr::value(position))
        .filter(which)
        .exec(transaction)
        .await
        .map(drop)
}
