//! An account. Deleted ones keep their row, so that a username is never given out again.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub username: String,
    pub email: Option<String>,
    pub display_name: String,
    pub first_name: String,
    pub last_name: String,
    pub description: String,
    pub status: String,
    pub avatar: Option<String>,
    /// What `q` looks in: lower-case names, one per line.
    pub search: String,
    pub is_admin: bool,
    pub is_seller: bool,
    pub is_active: bool,
    pub followers_count: i64,
    pub following_count: i64,
    pub joined_at: i64,
    /// Counts the changes of this row but for the counters.
    pub version: i64,
    pub deleted_at: Option<i64>,
    /// The version of what `avatar` was last told by.
    pub avatar_version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
