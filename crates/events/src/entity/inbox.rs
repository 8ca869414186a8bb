//! What one follower has made of one event.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub follower: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: String,
    pub handled_at: Option<i64>,
    /// How often it was tried in vain.
    pub tries: i64,
    /// Why the last try was in vain.
    pub error: Option<String>,
    /// What has not been handled, as it came.
    pub event: Option<String>,
    pub parked_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
