//! What this service knows of accounts: whether they are gone.

use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _, IntoActiveModel as _,
    QuerySelect as _, sea_query::OnConflict,
};

use crate::{entity::account, error::Error};

/// Begins to write in the name of an account: whoever ends it waits until this transaction is over. The first lock of a transaction.
///
/// # Errors
/// [`Error::Unauthenticated`] if the account is gone.
pub(crate) async fn enter(transaction: &DatabaseTransaction, id: i64) -> Result<(), Error> {
    let nothing = OnConflict::new().do_nothing().to_owned();
    put(transaction, id, false, nothing).await?;
    let account = account::Entity::find_by_id(id).lock_shared().one(transaction).await?;
    if account.is_some_and(|account| account.is_gone) { Err(Error::Unauthenticated) } else { Ok(()) }
}

/// The same, for what has to be added up: of two who write in the name of one account the second waits for the first.
///
/// # Errors
/// [`Error::Unauthenticated`] if the account is gone.
pub(crate) async fn enter_alone(transaction: &DatabaseTransaction, id: i64) -> Result<(), Error> {
    let nothing = OnConflict::new().do_nothing().to_owned();
    put(transaction, id, false, nothing).await?;
    let account = account::Entity::find_by_id(id).lock_exclusive().one(transaction).await?;
    if account.is_some_and(|account| account.is_gone) { Err(Error::Unauthenticated) } else { Ok(()) }
}

/// Ends an account, after everybody who is writing in its name.
pub(crate) async fn end(transaction: &DatabaseTransaction, id: i64) -> Result<(), DbErr> {
    let gone = OnConflict::column(account::Column::Id).update_column(account::Column::IsGone).to_owned();
    put(transaction, id, true, gone).await
}

async fn put(db: &impl ConnectionTrait, id: i64, is_gone: bool, otherwise: OnConflict) -> Result<(), DbErr> {
    let row = account::Model { id, is_gone }.into_active_model().reset_all();
    account::Entity::insert(row).on_conflict(otherwise).exec_without_returning(db).await.map(drop)
}
