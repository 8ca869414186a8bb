//! A comment under a post.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "comments")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub post_id: i64,
    pub author_id: i64,
    pub text: String,
    pub created_at: i64,
    pub updated_at: i64,
    /// Counts the edits.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
