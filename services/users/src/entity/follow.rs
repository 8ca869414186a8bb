//! One account follows another, or did.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "follows")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub follower_id: i64,
    pub followed_id: i64,
    pub is_active: bool,
    pub since: i64,
    /// Counts the changes of this row: what others are told of it is ordered by it.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
