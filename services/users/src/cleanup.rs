//! Removing what nobody needs any more: what a deletion that was interrupted has left between accounts, sessions that ended long ago with their tokens, revocations that are too old.

use std::time::Duration;

use ::events;
use boot::CancellationToken;
use database::Database;
use sea_orm::{Condition, DbErr, EntityTrait as _, QueryFilter as _};

use crate::{
    Service,
    entity::{revocation, session},
    relations, revocations,
};
use service::clock::millis;

/// How long an ended session is kept, so that using its tokens again is still recognised for what it is.
const ENDED_SESSIONS_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Cleans up now and then, until told to stop.
pub(crate) async fn run(service: Service, stop: CancellationToken) {
    let mut interval = tokio::time::interval(service.config.cleanup_interval);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = interval.tick() => {}
        }
        if let Err(error) = relations::end_of_deleted(&service).await {
            tracing::warn!(%error, "what deleted accounts have left was not ended; it will be tried again");
        }
        match clean(&service.db, service.clock.now()).await {
            Ok((0, 0)) => {}
            Ok((sessions, revocations)) => tracing::debug!(sessions, revocations, "cleaned up"),
            Err(error) => tracing::warn!(%error, "cleaning up failed; it will be tried again"),
        }
    }
}

/// Removes what is too old, and returns how many sessions and revocations that were. Tokens go with their session.
pub(crate) async fn clean(db: &Database, now: i64) -> Result<(u64, u64), DbErr> {
    let transaction = db.write().await?;
    let ended = now - millis(ENDED_SESSIONS_KEPT);
    let sessions = session::Entity::delete_many()
        .filter(
            Condition::any()
                .add(session::COLUMN.idle_until.lt(ended))
                .add(session::COLUMN.absolute_until.lt(ended))
                .add(session::COLUMN.revoked_at.lt(ended)),
        )
        .exec(&transaction)
        .await?;
    let revocations = revocation::Entity::delete_many()
        .filter(revocation::COLUMN.created_at.lt(now - millis(revocations::KEPT)))
        .exec(&transaction)
        .await?;
    events::clean(&transaction).await?;
    transaction.commit().await?;
    Ok((sessions.rows_affected, revocations.rows_affected))
}
