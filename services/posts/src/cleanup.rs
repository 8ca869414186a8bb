//! Removing what nobody needs any more: idempotency keys of yesterday, events of last week, pictures that nobody uses.

use ::events;
use boot::CancellationToken;
use database::Database;
use sea_orm::DbErr;
use service::{clock::millis, idempotency};

use crate::{
    Service,
    files::{self, sweep},
};

/// Cleans up now and then, until told to stop.
pub(crate) async fn run(service: Service, stop: CancellationToken) {
    if let Err(error) = service.files.ping().await {
        let error = files::told(&error);
        tracing::error!(error, place = %service.config.media, "pictures can be neither stored nor read until this is mended");
    }
    let mut interval = tokio::time::interval(service.config.cleanup_interval);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // Everything in the store is compared with the rows at the start, and as often as a picture may lie about.
    let mut listed = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = interval.tick() => {}
        }
        match clean(&service.db, service.clock.now()).await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "cleaned up"),
            Err(error) => tracing::warn!(%error, "cleaning up failed; it will be tried again"),
        }
        let now = service.clock.now();
        let all = listed.is_none_or(|at| now - at >= millis(service.config.media_unused));
        match sweep::sweep(&service, all).await {
            Ok(swept) => {
                listed = if all { Some(now) } else { listed };
                if swept > 0 {
                    tracing::info!(swept, "pictures that nobody uses were removed");
                }
            }
            Err(error) => tracing::warn!(%error, "pictures that nobody uses are still there; it will be tried again"),
        }
    }
}

/// Removes what is too old, and returns how many rows that were.
async fn clean(db: &Database, now: i64) -> Result<u64, DbErr> {
    let transaction = db.write().await?;
    let keys = idempotency::clean(&transaction, now).await?;
    let told = events::clean(&transaction).await?;
    transaction.commit().await?;
    Ok(keys + told)
}
