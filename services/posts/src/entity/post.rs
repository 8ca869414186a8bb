//! A post.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "posts")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub author_id: i64,
    pub text: String,
    /// JSON: the tags that the author named beside the text.
    pub given_tags: String,
    /// JSON: those, and the ones in the text.
    pub tags: String,
    pub like_count: i64,
    pub comment_count: i64,
    pub created_at: i64,
    pub updated_at: i64,
    /// Counts the edits.
    pub version: i64,
    /// Counts the changes of any kind, counts of likes and comments too: events are ordered by it.
    pub seq: i64,
}

impl ActiveModelBehavior for ActiveModel {}
