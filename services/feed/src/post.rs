//! A post as it is shown: with its author, and none of those that the caller may not see.

use sea_orm::{DbErr, FromQueryResult};
use serde::Serialize;
use serde_json::Value;
use service::clock::rfc3339;
use utoipa::ToSchema;

use crate::{Service, sql::Sql};

/// A post.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Post {
    pub(crate) id: i64,
    /// With `\n` between lines; may be empty if there are pictures.
    pub(crate) text: String,
    /// In lower case.
    pub(crate) tags: Vec<String>,
    /// The pictures, as the service `posts` describes them.
    #[schema(value_type = Vec<Object>)]
    pub(crate) media: Vec<Value>,
    pub(crate) author: Author,
    pub(crate) like_count: i64,
    pub(crate) comment_count: i64,
    #[schema(format = DateTime)]
    pub(crate) created_at: String,
    #[schema(format = DateTime)]
    pub(crate) updated_at: String,
    /// Counts the edits.
    pub(crate) version: i64,
}

/// Who wrote a post, or is found by a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema, FromQueryResult)]
pub(crate) struct Author {
    pub(crate) id: i64,
    pub(crate) username: String,
    pub(crate) display_name: String,
    /// Where the picture is.
    #[schema(required)]
    pub(crate) avatar: Option<String>,
}

/// A post and its author, as stored.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct Row {
    pub(crate) id: i64,
    author_id: i64,
    username: String,
    display_name: String,
    avatar: Option<String>,
    text: String,
    tags: String,
    media: String,
    like_count: i64,
    comment_count: i64,
    pub(crate) created_at: i64,
    updated_at: i64,
    version: i64,
}

/// What [`Row`] is read from: posts `p` and their authors `a`.
pub(crate) const COLUMNS: &str = "p.id, p.author_id, a.username, a.display_name, a.avatar, p.text, p.tags, p.media, p.like_count, \
                                  p.comment_count, p.created_at, p.updated_at, p.version";

impl Row {
    /// The position of the post in every list.
    pub(crate) fn position(&self) -> (i64, String) {
        (self.created_at, self.id.to_string())
    }
}

impl From<Row> for Post {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            text: row.text,
            // Written by this service from lists.
            tags: serde_json::from_str(&row.tags).unwrap_or_default(),
            media: serde_json::from_str(&row.media).unwrap_or_default(),
            author: Author {
                id: row.author_id,
                username: row.username,
                display_name: row.display_name,
                avatar: row.avatar,
            },
            like_count: row.like_count,
            comment_count: row.comment_count,
            created_at: rfc3339(row.created_at),
            updated_at: rfc3339(row.updated_at),
            version: row.version,
        }
    }
}

/// These posts, in no order; those that are gone are left out.
pub(crate) async fn by_id(service: &Service, ids: &[i64]) -> Result<Vec<Row>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = Sql::new("SELECT ").add(COLUMNS).add(" FROM posts p JOIN authors a ON a.id = p.author_id");
    let rows = rows.add(" WHERE NOT p.deleted AND NOT a.deleted AND p.id IN (").list(ids.iter().copied()).add(")");
    rows.all(service.db.reader()).await
}

/// Goes on with a condition on the column `user`: nobody who has blocked the viewer, and nobody whom they have.
pub(crate) fn unblocked(sql: Sql, user: &str, viewer: Option<i64>) -> Sql {
    let Some(viewer) = viewer else { return sql };
    sql.add(" AND ")
        .add(user)
        .add(" NOT IN (SELECT blocked_id FROM blocks WHERE active AND blocker_id = ")
        .bind(viewer)
        .add(" UNION ALL SELECT blocker_id FROM blocks WHERE active AND blocked_id = ")
        .bind(viewer)
        .add(")")
}
