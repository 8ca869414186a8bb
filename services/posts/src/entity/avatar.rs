//! The picture of an account, or that it has none any more.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "avatars")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    /// Its content; none if it was taken away.
    pub hash: Option<String>,
    /// How much it takes of its owner's quota.
    pub bytes: i64,
    /// Counts the changes.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
