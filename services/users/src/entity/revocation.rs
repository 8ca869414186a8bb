//! "No access token of this session (or user) that was issued before this moment is good any more."

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "revocations")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// `sid` or `sub`.
    pub kind: String,
    pub subject: String,
    pub not_before: i64,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
