//! Accounts: who wrote a post, and who is found by name.

use sea_orm::DatabaseTransaction;
use serde::Deserialize;
use serde_json::Value;

use super::Failure;
use crate::sql::Sql;

#[derive(Deserialize)]
struct Account {
    username: String,
    display_name: String,
    avatar: Option<String>,
    is_active: bool,
}

/// An account is this now.
pub(super) async fn told(
    transaction: &DatabaseTransaction,
    id: i64,
    version: i64,
    data: Value,
    deleted: bool,
) -> Result<(), Failure> {
    let account: Account = serde_json::from_value(data)?;
    let search_name = account.display_name.to_lowercase();
    let values = [
        id.into(),
        account.username.into(),
        account.display_name.into(),
        search_name.into(),
        account.avatar.into(),
        account.is_active.into(),
        deleted.into(),
        version.into(),
    ];
    let text = "INSERT INTO authors (id, username, display_name, search_name, avatar, is_active, deleted, version) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET username = excluded.username, \
                display_name = excluded.display_name, search_name = excluded.search_name, avatar = excluded.avatar, \
                is_active = excluded.is_active, deleted = excluded.deleted, version = excluded.version \
                WHERE authors.version < excluded.version AND NOT authors.deleted";
    Sql::with(text, values).run(transaction).await?;
    Ok(())
}
