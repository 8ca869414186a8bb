//! How an account proves who it is: apart from the account, so that reading one never reads the other.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credentials")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    pub password_hash: String,
    pub changed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
