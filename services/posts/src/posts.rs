//! Posts as clients see them, and the operations on them, one per file.

mod batch;
mod change;
mod counts;
mod create;
mod delete;
mod export;
mod fields;
mod form;
mod list;
mod replace;
mod show;
pub(crate) mod store;
mod update;

use axum::response::{IntoResponse, IntoResponseParts, Response};
use http::{HeaderMap, StatusCode, header::ETAG};
use principal::Principal;
use problem::Json;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _};
use serde::Serialize;
use service::{clock::rfc3339, etag};
use utoipa::ToSchema;

pub(crate) use batch::{__path_batch_posts, PostBatch, batch_posts};
pub(crate) use counts::{__path_count_by_author, AuthorCount, AuthorCounts, count_by_author};
pub(crate) use create::{__path_create_post, create_post, insert};
pub(crate) use delete::{__path_delete_post, delete_post};
pub(crate) use export::{__path_export_posts, PostData, PostExport, export_posts};
pub(crate) use fields::Draft;
pub(crate) use list::{__path_list_posts, list_posts};
pub(crate) use replace::{__path_replace_post, replace_post};
pub(crate) use show::{__path_show_post, show_post};
pub(crate) use update::{__path_update_post, update_post};

use crate::{
    blocks,
    domain::Tags,
    entity::post,
    error::Error,
    etag::of_post,
    media::{self, Media},
};

/// A post.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Post {
    /// Never given to another post.
    #[schema(example = 42, minimum = 1)]
    pub(crate) id: i64,
    /// The account that wrote it.
    #[schema(example = 7, minimum = 1)]
    pub(crate) author_id: i64,
    /// What it says, in lines; may be empty if there are pictures.
    pub(crate) text: String,
    /// Those that the author named, and then the `#words` of the text; in lower case, each once.
    pub(crate) tags: Vec<String>,
    /// Its pictures, in their order.
    pub(crate) media: Vec<Media>,
    /// How many accounts like it.
    #[schema(minimum = 0)]
    pub(crate) like_count: i64,
    /// How many comments it has.
    #[schema(minimum = 0)]
    pub(crate) comment_count: i64,
    /// When it was written.
    #[schema(format = DateTime, example = "2025-01-01T00:00:00.000Z")]
    pub(crate) created_at: String,
    /// When it was last edited.
    #[schema(format = DateTime, example = "2025-01-01T00:00:00.000Z")]
    pub(crate) updated_at: String,
    /// Counts the edits, from 1.
    #[schema(minimum = 1)]
    pub(crate) version: i64,
}

impl Post {
    pub(crate) fn new(post: post::Model, media: Vec<Media>) -> Self {
        Self {
            tags: tags_of(&post),
            created_at: rfc3339(post.created_at),
            updated_at: rfc3339(post.updated_at),
            id: post.id,
            author_id: post.author_id,
            text: post.text,
            media,
            like_count: post.like_count,
            comment_count: post.comment_count,
            version: post.version,
        }
    }
}

/// A post that the caller is to see.
///
/// # Errors
/// [`Error::NoSuchPost`] for any other.
pub(crate) async fn visible(db: &impl ConnectionTrait, caller: &Principal, id: i64) -> Result<post::Model, Error> {
    let post = post::Entity::find_by_id(id).one(db).await?.ok_or(Error::NoSuchPost)?;
    if blocks::sees(db, caller, post.author_id).await? { Ok(post) } else { Err(Error::NoSuchPost) }
}

/// All tags of a post.
pub(crate) fn tags_of(post: &post::Model) -> Vec<String> {
    Tags::stored(&post.tags).into_vec()
}

/// Rows with their pictures, in the same order.
async fn with_media(
    db: &impl ConnectionTrait,
    rows: Vec<post::Model>,
) -> Result<Vec<(post::Model, Vec<Media>)>, DbErr> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut media = media::of_posts(db, &ids).await?;
    let pair = |row: post::Model| {
        let media = media.remove(&row.id).unwrap_or_default();
        (row, media)
    };
    Ok(rows.into_iter().map(pair).collect())
}

/// One post as an answer, with its tag; 304 if the caller has it already. `groups` are those that the answer belongs to, or that have
/// changed.
fn respond(headers: &HeaderMap, post: post::Model, media: Vec<Media>, groups: impl IntoResponseParts) -> Response {
    let tag = of_post(&post);
    let field = [(ETAG, etag::value(&tag))];
    if etag::is_known(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, groups, field).into_response();
    }
    (groups, field, Json(Post::new(post, media))).into_response()
}
