//! Somebody who has written something, or who is gone.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Nothing is written in their name any more.
    pub is_gone: bool,
}

impl ActiveModelBehavior for ActiveModel {}
