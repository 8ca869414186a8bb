//! Removing what nobody uses: pictures that no post has for a day, and files that no picture has. Any number of instances may do it at
//! once, and uploads go on meanwhile (`lease`).

use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, OnConflict, Query},
};
use service::clock::millis;

use super::lease;
use crate::{
    Service,
    entity::{avatar, media, media_file},
    error::Error,
};

/// No upload takes so long, in milliseconds: an hour.
const UPLOADED_MS: i64 = 60 * 60 * 1000;
/// How many contents are looked for at a time.
const BATCH: u64 = 200;
/// So many contents in a row whose files cannot be removed are no accident: the store is away, and the rest of them can wait.
const AWAY: usize = 3;

/// Sweeps once; `all` also looks for files that no row knows, which lists the whole store. Returns how much it removed.
pub(crate) async fn sweep(service: &Service, all: bool) -> Result<u64, Error> {
    let now = service.clock.now();
    let swept = free(service, now).await? + unused(service, now - UPLOADED_MS).await?;
    if all {
        adopt(service, now).await?;
    }
    Ok(swept)
}

/// Pictures that were in no post for too long.
async fn free(service: &Service, now: i64) -> Result<u64, DbErr> {
    let transaction = service.db.write().await?;
    let swept = media::Entity::delete_many()
        .filter(media::COLUMN.post_id.is_null())
        .filter(media::COLUMN.free_since.lt(now - millis(service.config.media_unused)))
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    Ok(swept.rows_affected)
}

/// Files that nobody refers to, and that nobody is uploading.
async fn unused(service: &Service, before: i64) -> Result<u64, Error> {
    let (mut swept, mut failed) = (0, 0);
    let mut after = String::new();
    loop {
        let hashes = candidates(service.db.reader(), before, &after).await?;
        let Some(last) = hashes.last() else { return Ok(swept) };
        after.clone_from(last);
        for hash in &hashes {
            match lease::sweep(&service.db, &service.files, hash, before).await {
                Ok(is_swept) => (swept, failed) = (swept + u64::from(is_swept), 0),
                // The others are none of its business.
                Err(Error::Files(error)) if failed + 1 < AWAY => {
                    tracing::warn!(%error, hash, "files cannot be removed");
                    failed += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

async fn candidates(db: &impl ConnectionTrait, before: i64, after: &str) -> Result<Vec<String>, DbErr> {
    let hash = Expr::col((media_file::Entity, media_file::Column::Hash));
    let of_posts = Query::select()
        .expr(Expr::val(1))
        .from(media::Entity)
        .and_where(Expr::col((media::Entity, media::Column::Hash)).eq(hash.clone()))
        .to_owned();
    let of_accounts = Query::select()
        .expr(Expr::val(1))
        .from(avatar::Entity)
        .and_where(Expr::col((avatar::Entity, avatar::Column::Hash)).eq(hash))
        .to_owned();
    media_file::Entity::find()
        .select_only()
        .column(media_file::Column::Hash)
        .filter(media_file::COLUMN.hash.gt(after))
        .filter(media_file::COLUMN.used_at.lt(before))
        .filter(Expr::exists(of_posts).not())
        .filter(Expr::exists(of_accounts).not())
        .order_by_asc(media_file::Column::Hash)
        .limit(BATCH)
        .into_tuple()
        .all(db)
        .await
}

/// Notes what is in the store and not in the database, so that it is swept like everything else an hour from now. Files come after
/// their row and go before it does, so none of these is being uploaded.
async fn adopt(service: &Service, now: i64) -> Result<(), Error> {
    let stored = service.files.hashes().await.map_err(Error::Files)?;
    for hashes in stored.chunks(100) {
        let known = media_file::Entity::find().filter(media_file::COLUMN.hash.is_in(hashes.to_vec()));
        let known: Vec<String> = known.all(service.db.reader()).await?.into_iter().map(|row| row.hash).collect();
        let unknown = hashes.iter().filter(|hash| !known.contains(hash));
        let rows: Vec<_> = unknown
            .map(|hash| media_file::Model { hash: hash.clone(), used_at: now }.into_active_model().reset_all())
            .collect();
        if rows.is_empty() {
            continue;
        }
        tracing::info!(count = rows.len(), "there are files that no row knows: they will be removed");
        let transaction = service.db.write().await?;
        let nothing = OnConflict::new().do_nothing().to_owned();
        media_file::Entity::insert_many(rows).on_conflict(nothing).exec_without_returning(&transaction).await?;
        transaction.commit().await?;
    }
    Ok(())
}
