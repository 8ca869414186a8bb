//! This service's copy of a pair in `users`: one has blocked the other, or had.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "blocks")]
pub struct Model {
    /// That of the row in `users`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub blocker_id: i64,
    pub blocked_id: i64,
    pub is_active: bool,
    /// What `users` said last has the greatest.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
