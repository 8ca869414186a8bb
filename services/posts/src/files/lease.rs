//! The row of a content: who holds it decides what becomes of the files.
//!
//! `used_at` grows with everybody who wants the content: so one value of it is one upload. Whoever uploads takes the row first, stores
//! the files, and holds the row in the transaction that refers to them. Whoever sweeps locks the row, sees that nobody refers to it, and
//! deletes files and row in one transaction. So files go only where nobody needs them, and an upload that was overtaken is refused.

use database::Database;
use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _, ExprTrait as _,
    IntoActiveModel as _, QueryFilter as _, QuerySelect as _,
    sea_query::{CaseStatement, Expr, OnConflict},
};

use super::Files;
use crate::{
    entity::{avatar, media, media_file},
    error::Error,
};

/// Somebody begins to upload this content. Returns what marks this upload.
pub(crate) async fn take(db: &Database, hash: &str, now: i64) -> Result<i64, DbErr> {
    let transaction = db.write().await?;
    let row = media_file::Model { hash: hash.to_owned(), used_at: now }.into_active_model().reset_all();
    let again = OnConflict::column(media_file::Column::Hash).value(media_file::Column::UsedAt, later(now)).to_owned();
    media_file::Entity::insert(row).on_conflict(again).exec_without_returning(&transaction).await?;
    let taken = media_file::Entity::find_by_id(hash).one(&transaction).await?;
    transaction.commit().await?;
    Ok(taken.map_or(now, |row| row.used_at))
}

/// This transaction refers to the content: nobody sweeps it until then, and afterwards nobody wants to.
///
/// # Errors
/// [`Error::Swept`] if it has been swept since it was taken.
pub(crate) async fn hold(transaction: &DatabaseTransaction, hash: &str, now: i64) -> Result<(), Error> {
    let held = media_file::Entity::update_many()
        .col_expr(media_file::Column::UsedAt, later(now))
        .filter(media_file::COLUMN.hash.eq(hash))
        .exec(transaction)
        .await?;
    if held.rows_affected == 0 { Err(Error::Swept) } else { Ok(()) }
}

/// Now, or just after what is there.
fn later(now: i64) -> Expr {
    let known = Expr::col((media_file::Entity, media_file::Column::UsedAt));
    CaseStatement::new().case(known.clone().gte(now), known.add(1)).finally(now).into()
}

/// Whoever took this is refused: the files go, unless somebody else wants them by now. Of an upload that was overtaken there is no row
/// any more, and there may be files that were stored after others were swept; so the row is made again, for those to go with.
pub(crate) async fn give_up(db: &Database, files: &Files, hash: &str, taken: i64) -> Result<bool, Error> {
    let transaction = db.write().await?;
    let row = media_file::Model { hash: hash.to_owned(), used_at: taken }.into_active_model().reset_all();
    let nothing = OnConflict::new().do_nothing().to_owned();
    media_file::Entity::insert(row).on_conflict(nothing).exec_without_returning(&transaction).await?;
    transaction.commit().await?;
    sweep(db, files, hash, taken).await
}

/// Removes the files of a content if nobody refers to it, and nobody has begun to upload it after `since`. Whether it did.
pub(crate) async fn sweep(db: &Database, files: &Files, hash: &str, since: i64) -> Result<bool, Error> {
    // A store that is away is waited for here, where nobody waits for the row. A file that is stored from now on is of an upload that
    // has taken the row since, so nothing is swept; or of one that is overtaken and refused, and then it is found as one without a row.
    let stored = files.list(hash).await.map_err(Error::Files)?;
    let transaction = db.write().await?;
    let row = media_file::Entity::find_by_id(hash).lock_exclusive().one(&transaction).await?;
    if row.is_none_or(|row| row.used_at > since) || is_used(&transaction, hash).await? {
        return Ok(false);
    }
    media_file::Entity::delete_by_id(hash).exec(&transaction).await?;
    // If this fails, or the commit does, the row is still there: it is tried again.
    files.remove(stored).await.map_err(Error::Files)?;
    transaction.commit().await?;
    Ok(true)
}

/// Asked after the row was locked, so whoever referred to the content by then is seen.
async fn is_used(db: &impl ConnectionTrait, hash: &str) -> Result<bool, DbErr> {
    let of_post = media::Entity::find().filter(media::COLUMN.hash.eq(hash)).limit(1).one(db).await?;
    let of_account = avatar::Entity::find().filter(avatar::COLUMN.hash.eq(hash)).limit(1).one(db).await?;
    Ok(of_post.is_some() || of_account.is_some())
}
