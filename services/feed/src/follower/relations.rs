//! Who follows whom, and who has blocked whom.

use sea_orm::DatabaseTransaction;
use serde::Deserialize;
use serde_json::Value;

use super::Failure;
use crate::{sql::Sql, timeline::Timelines};

#[derive(Deserialize)]
struct Followed {
    follower_id: i64,
    followed_id: i64,
    active: bool,
    since: i64,
}

#[derive(Deserialize)]
struct Blocked {
    blocker_id: i64,
    blocked_id: i64,
    active: bool,
}

/// Somebody follows somebody, or does not any more.
pub(super) async fn follow(
    transaction: &DatabaseTransaction,
    timelines: &Timelines,
    id: i64,
    version: i64,
    data: Value,
) -> Result<(), Failure> {
    let Followed { follower_id, followed_id, active, since } = serde_json::from_value(data)?;
    let values = [id.into(), follower_id.into(), followed_id.into(), active.into(), since.into(), version.into()];
    let text = "INSERT INTO follows (id, follower_id, followed_id, active, since, version) VALUES ($1, $2, $3, $4, $5, $6) \
                ON CONFLICT (id) DO UPDATE SET active = excluded.active, since = excluded.since, version = excluded.version \
                WHERE follows.version < excluded.version";
    if Sql::with(text, values).run(transaction).await? > 0 {
        timelines.count_followers(transaction, followed_id).await?;
        timelines.ensure_pair(transaction, follower_id, followed_id).await?;
    }
    Ok(())
}

/// Somebody has blocked somebody, or does not any more.
pub(super) async fn block(
    transaction: &DatabaseTransaction,
    timelines: &Timelines,
    id: i64,
    version: i64,
    data: Value,
) -> Result<(), Failure> {
    let Blocked { blocker_id, blocked_id, active } = serde_json::from_value(data)?;
    let values = [id.into(), blocker_id.into(), blocked_id.into(), active.into(), version.into()];
    let text = "INSERT INTO blocks (id, blocker_id, blocked_id, active, version) VALUES ($1, $2, $3, $4, $5) \
                ON CONFLICT (id) DO UPDATE SET active = excluded.active, version = excluded.version \
                WHERE blocks.version < excluded.version";
    if Sql::with(text, values).run(transaction).await? > 0 {
        timelines.ensure_pair(transaction, blocker_id, blocked_id).await?;
        timelines.ensure_pair(transaction, blocked_id, blocker_id).await?;
    }
    Ok(())
}
