//! Comments as clients see them, and the operations on them, one per file.

mod change;
mod create;
mod delete;
mod list;
mod replace;
mod show;
mod update;

use axum::response::{IntoResponse, IntoResponseParts, Response};
use http::{HeaderMap, StatusCode, header::ETAG};
use problem::{Json, Problem};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use serde::{Deserialize, Serialize};
use service::{clock::rfc3339, etag};
use utoipa::ToSchema;

pub(crate) use create::{__path_create_comment, create_comment, insert};
pub(crate) use delete::{__path_delete_comment, delete_comment};
pub(crate) use list::{__path_list_comments, list_comments};
pub(crate) use replace::{__path_replace_comment, replace_comment};
pub(crate) use show::{__path_show_comment, show_comment};
pub(crate) use update::{__path_update_comment, update_comment};

use crate::{domain::CommentText, entity::comment, etag::of_comment};

/// A comment under a post.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Comment {
    /// Never given to another comment.
    #[schema(example = 5, minimum = 1)]
    pub(crate) id: i64,
    /// The post that it is about.
    #[schema(example = 42, minimum = 1)]
    pub(crate) post_id: i64,
    /// The account that wrote it.
    #[schema(example = 8, minimum = 1)]
    pub(crate) author_id: i64,
    /// What it says, in lines.
    pub(crate) text: String,
    /// When it was written.
    #[schema(format = DateTime, example = "2025-01-01T00:00:00.000Z")]
    pub(crate) created_at: String,
    /// When it was last edited.
    #[schema(format = DateTime, example = "2025-01-01T00:00:00.000Z")]
    pub(crate) updated_at: String,
}

impl From<comment::Model> for Comment {
    fn from(row: comment::Model) -> Self {
        Self {
            id: row.id,
            post_id: row.post_id,
            author_id: row.author_id,
            text: row.text,
            created_at: rfc3339(row.created_at),
            updated_at: rfc3339(row.updated_at),
        }
    }
}

/// A whole comment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "It was closed for years."}))]
pub(crate) struct WriteComment {
    /// 1–2,000 characters, in lines.
    #[schema(min_length = 1, max_length = 2000)]
    text: String,
}

impl WriteComment {
    fn parse(self) -> Result<CommentText, Problem> {
        parse(&self.text)
    }
}

fn parse(text: &str) -> Result<CommentText, Problem> {
    let mut fields = problem::Fields::new();
    let text = fields.check("/text", CommentText::parse(text));
    text.ok_or_else(|| fields.refused())
}

/// The comment with this number, if it is under this post.
async fn find(db: &impl ConnectionTrait, post: i64, id: i64) -> Result<Option<comment::Model>, DbErr> {
    comment::Entity::find_by_id(id).filter(comment::COLUMN.post_id.eq(post)).one(db).await
}

/// The same, which nobody else changes until the transaction ends.
async fn lock(transaction: &DatabaseTransaction, post: i64, id: i64) -> Result<Option<comment::Model>, DbErr> {
    comment::Entity::find_by_id(id).filter(comment::COLUMN.post_id.eq(post)).lock_exclusive().one(transaction).await
}

/// One comment as an answer, with its tag; 304 if the caller has it already. `groups` are those that the answer belongs to, or that
/// have changed.
fn respond(headers: &HeaderMap, comment: comment::Model, groups: impl IntoResponseParts) -> Response {
    let tag = of_comment(&comment);
    let field = [(ETAG, etag::value(&tag))];
    if etag::is_known(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, groups, field).into_response();
    }
    (groups, field, Json(Comment::from(comment))).into_response()
}
