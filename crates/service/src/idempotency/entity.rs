//! A key and what was answered under it.
#![allow(
    unreachable_pub,
    clippy::disallowed_methods,
    reason = "SeaORM's derive makes public items, and convenience methods with plain transactions that nobody calls"
)]

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The digest of what was asked.
    pub fingerprint: String,
    /// 0 until the transaction that took the key has its answer.
    pub status: i64,
    pub location: Option<String>,
    pub etag: Option<String>,
    pub body: String,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
