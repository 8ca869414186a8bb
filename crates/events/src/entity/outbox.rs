//! An event that was recorded, and when it was published.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub event_id: String,
    /// `user.registered`
    pub kind: String,
    /// The whole event, as JSON.
    pub event: String,
    pub recorded_at: i64,
    pub published_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
