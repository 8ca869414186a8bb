//! Content that may be in the store. Whoever uploads it or sweeps it away holds its row.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "media_files")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// When somebody last began to upload it.
    pub used_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
