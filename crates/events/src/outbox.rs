//! The events of a service, from the transaction that recorded them to the bus.

use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, Message, NotTaken, pause};
use database::Database;
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, NotSet,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    Event,
    claim::Claim,
    entity::{inbox, outbox},
    now,
};

/// So many events are published before it is noted that they were.
const BATCH: u64 = 64;
/// How often the relay looks by itself: for what another process has recorded, and for what nobody said was committed.
const LOOKS_EVERY: Duration = Duration::from_millis(200);
/// How long what has been published and handled is kept: longer than any repeat takes.
const KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// The outbox of one service. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Outbox(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    service: &'static str,
    db: Database,
    bus: Bus,
    committed: Notify,
}

/// Why not everything was published.
#[derive(Debug, thiserror::Error)]
enum Unpublished {
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    #[error("the database: {0}")]
    Database(#[from] DbErr),
}

impl Outbox {
    /// The outbox in `db`, which `service` owns.
    #[must_use]
    pub fn new(service: &'static str, db: Database, bus: Bus) -> Self {
        Self(Arc::new(Inner { service, db, bus, committed: Notify::new() }))
    }

    /// Something that was recorded has been committed. Saying so makes it sooner; the relay would find it by itself.
    pub fn committed(&self) {
        self.0.committed.notify_one();
    }

    /// Publishes what is recorded, until it is told to stop.
    pub async fn relay(self, stop: CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            match self.publish().await {
                Ok(published) => {
                    failures = 0;
                    if published < BATCH {
                        stop.run_until_cancelled(self.something()).await;
                    }
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(service = self.0.service, %error, "events wait; publishing them will be tried again");
                    stop.run_until_cancelled(tokio::time::sleep(pause::after(failures, &pause::SERVER))).await;
                }
            }
        }
    }

    /// Waits until there may be something.
    async fn something(&self) {
        // Whether it was woken or looks by itself makes no difference.
        drop(tokio::time::timeout(LOOKS_EVERY, self.0.committed.notified()).await);
    }

    /// Publishes the next events in their order. Answers how many that were.
    async fn publish(&self) -> Result<u64, Unpublished> {
        let Some(claim) = Claim::take(&self.0.db, "outbox").await? else { return Ok(0) };
        let waiting = self.waiting().await?;
        let published: Vec<_> = waiting.iter().map(|row| row.id).collect();
        let messages: Vec<_> = waiting.into_iter().map(|row| self.message(row)).collect();
        if !messages.is_empty() {
            self.0.bus.publish(&messages).await?;
            self.note(&published).await?;
        }
        claim.release().await?;
        Ok(published.len() as u64)
    }

    fn message(&self, row: outbox::Model) -> Message {
        let subject = format!("agora.{}.{}", self.0.service, row.kind);
        Message { id: row.event_id, subject, payload: row.event.into() }
    }

    async fn waiting(&self) -> Result<Vec<outbox::Model>, DbErr> {
        outbox::Entity::find()
            .filter(outbox::Column::PublishedAt.is_null())
            .order_by_asc(outbox::Column::Id)
            .limit(BATCH)
            .all(self.0.db.reader())
            .await
    }

    /// Notes that these have been taken for good.
    async fn note(&self, published: &[i64]) -> Result<(), DbErr> {
        let transaction = self.0.db.write().await?;
        outbox::Entity::update_many()
            .col_expr(outbox::Column::PublishedAt, Expr::value(now()))
            .filter(outbox::Column::Id.is_in(published.iter().copied()))
            .exec(&transaction)
            .await?;
        transaction.commit().await
    }
}

/// Whether the tables are there: for `/readyz`.
///
/// # Errors
/// The database's, also where it has not been migrated.
pub async fn check(db: &Database) -> Result<(), DbErr> {
    let any = outbox::Entity::find().select_only().column(outbox::Column::Id).limit(1);
    any.into_tuple::<i64>().one(db.reader()).await?;
    let any = inbox::Entity::find().select_only().column(inbox::Column::Id).limit(1);
    any.into_tuple::<i64>().one(db.reader()).await.map(drop)
}

/// Writes an event in the transaction that makes it true. The relay finds it once that is committed.
///
/// # Errors
/// The database's; then the transaction cannot be committed either.
pub async fn record(transaction: &DatabaseTransaction, event: &Event) -> Result<(), DbErr> {
    let text = serde_json::to_string(event).map_err(|error| DbErr::Custom(error.to_string()))?;
    let row = outbox::ActiveModel {
        id: NotSet,
        event_id: Set(event.id.to_string()),
        kind: Set(event.kind.clone()),
        event: Set(text),
        recorded_at: Set(now()),
        published_at: Set(None),
    };
    row.insert(transaction).await.map(drop)
}

/// Forgets what was published and handled a week ago, and answers how many rows that were. What waits or is parked stays.
///
/// # Errors
/// The database's.
pub async fn clean(transaction: &DatabaseTransaction) -> Result<u64, DbErr> {
    let before = now() - KEPT_MS;
    let published =
        outbox::Entity::delete_many().filter(outbox::Column::PublishedAt.lt(before)).exec(transaction).await?;
    let handled = inbox::Entity::delete_many().filter(inbox::Column::HandledAt.lt(before)).exec(transaction).await?;
    Ok(published.rows_affected + handled.rows_affected)
}
