//! An event that one follower has taken, and what came of it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inbox")]
pub struct Model {
    /// The order of taking.
    #[sea_orm(primary_key)]
    pub id: i64,
    pub follower: String,
    pub event_id: String,
    /// As it came, until it is handled.
    pub event: Option<String>,
    /// How often it was tried in vain.
    pub tries: i64,
    /// Not tried before that.
    pub due_at: i64,
    /// Why the last try was in vain.
    pub error: Option<String>,
    pub handled_at: Option<i64>,
    pub parked_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
