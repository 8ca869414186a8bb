//! How far events have got.

use database::Database;
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _};

use crate::entity::{inbox, outbox};

/// What waits in the tables of one service. What moves on while it is counted may be in two counts, but never in none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Events that are recorded and not taken by everybody.
    pub unpublished: u64,
    /// Events that were taken and are not handled yet, of all followers.
    pub waiting: u64,
    /// What could not be handled, the first first.
    pub parked: Vec<Parked>,
}

/// An event that could not be handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// By whom.
    pub follower: String,
    /// Which one.
    pub event_id: String,
    /// Why not.
    pub error: String,
}

/// How far the events of the service have got that owns this database.
///
/// # Errors
/// The database's.
pub async fn status(db: &Database) -> Result<Status, DbErr> {
    // In the order of their way, or what is between the two would be in neither.
    let unpublished = outbox::Entity::find().filter(outbox::Column::PublishedAt.is_null());
    let unpublished = unpublished.count(db.reader()).await?;
    let waiting = inbox::Entity::find().filter(inbox::Column::HandledAt.is_null());
    let waiting = waiting.filter(inbox::Column::ParkedAt.is_null()).count(db.reader()).await?;
    let parked = inbox::Entity::find()
        .filter(inbox::Column::ParkedAt.is_not_null())
        .order_by_asc(inbox::Column::ParkedAt)
        .order_by_asc(inbox::Column::Id)
        .all(db.reader())
        .await?;
    let parked = parked.into_iter().map(|row| Parked {
        follower: row.follower,
        event_id: row.event_id,
        error: row.error.unwrap_or_default(),
    });
    Ok(Status { unpublished, waiting, parked: parked.collect() })
}
