//! One account has blocked another, or had.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "blocks")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub blocker_id: i64,
    pub blocked_id: i64,
    pub is_active: bool,
    pub since: i64,
    /// Counts the changes of this row: what others are told of it is ordered by it.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
