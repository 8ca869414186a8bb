//! Removing what nobody needs any more: idempotency keys of yesterday, events of last week.

use ::events;
use boot::CancellationToken;
use database::Database;
use sea_orm::DbErr;
use service::idempotency;

use crate::Service;

/// Cleans up now and then, until told to stop.
pub(crate) async fn run(service: Service, stop: CancellationToken) {
    let mut interval = tokio::time::interval(service.config.cleanup_interval);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
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
