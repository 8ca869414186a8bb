//! A refresh token of a session, known by its hash only. Used ones stay, so that reuse is recognised.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    pub session_id: String,
    pub created_at: i64,
    pub used_at: Option<i64>,
    pub successor: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
