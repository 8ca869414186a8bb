//! Events on their way into a service's own tables.

mod work;

use std::future::Future;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use bus::{BoxError, Bus, Message, pause};
use database::Database;
use sea_orm::{ActiveValue::Set, DatabaseTransaction, DbErr, EntityTrait as _, NotSet, sea_query::OnConflict};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{Event, entity::inbox, now};

/// What fails so often is parked.
pub const MOST_TRIES: i64 = 10;

/// Somebody who makes something of events.
pub trait Follow: Send + Sync + 'static {
    /// Who it is, for ever: what has been handled is noted under this name.
    const NAME: &'static str;
    /// What it follows, as [`bus::Bus::follow`] has it.
    const SUBJECTS: &'static [&'static str];
    /// So many events share a transaction, if none of them fails. Where [`Follow::before`] does what others can see, 1: of
    /// what was begun together, everything is done again if that transaction comes to nothing.
    const AT_ONCE: usize = 64;

    /// What takes long, or reaches beyond this database: done before [`Follow::handle`], in no transaction, so that nobody waits for
    /// it. It must bear to be done again.
    ///
    /// # Errors
    /// Any: the event is tried again.
    fn before(&self, db: &Database, event: &Event) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _nothing = (db, event);
        async { Ok(()) }
    }

    /// Handles an event in the transaction in which it is noted that it did.
    ///
    /// # Errors
    /// Any: nothing in the transaction has happened then, and the event is tried again.
    fn handle(
        &self,
        transaction: &DatabaseTransaction,
        event: &Event,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// The inbox of one follower. Clones are the same one.
#[derive(Debug)]
pub struct Inbox<F>(Arc<Inner<F>>);

#[derive(Debug)]
struct Inner<F> {
    db: Database,
    follower: F,
    pauses: RangeInclusive<Duration>,
    taken: Notify,
}

impl<F> Clone for Inbox<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// What came of trying parked events again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// So many have been handled now.
    pub handled: u64,
    /// So many failed again, and stay parked.
    pub parked: u64,
}

impl<F: Follow> Inbox<F> {
    /// The inbox of `follower` in `db`.
    #[must_use]
    pub fn new(db: Database, follower: F) -> Self {
        Self::pausing(db, follower, pause::USUAL)
    }

    /// The same with other pauses after a failure: the first and the longest.
    #[must_use]
    pub fn pausing(db: Database, follower: F, pauses: RangeInclusive<Duration>) -> Self {
        Self(Arc::new(Inner { db, follower, pauses, taken: Notify::new() }))
    }

    /// Follows, from this call on, and handles what the bus brings, until it is told to stop. What is parked is tried once more
    /// meanwhile: what was in the way may be gone since the last time.
    ///
    /// What comes is stored before anything is made of it, so nobody waits for this follower but itself.
    pub fn run(self, bus: Bus, stop: CancellationToken) -> impl Future<Output = ()> + Send + use<F> {
        let inbox = self.clone();
        let following = bus.follow(F::NAME, F::SUBJECTS, move |messages| {
            let inbox = inbox.clone();
            async move { Ok(inbox.take(messages).await?) }
        });
        async move {
            let replay = stop.run_until_cancelled(self.replay_at_start());
            tokio::join!(following.run(stop.clone()), self.work(&stop), replay);
        }
    }

    /// Stores messages in their order; those that are stored already stay as they are.
    async fn take(&self, messages: Vec<Message>) -> Result<(), DbErr> {
        let due_at = now();
        let rows = messages.into_iter().map(|message| inbox::ActiveModel {
            id: NotSet,
            follower: Set(F::NAME.to_owned()),
            event_id: Set(message.id),
            event: Set(Some(String::from_utf8_lossy(&message.payload).into_owned())),
            tries: Set(0),
            due_at: Set(due_at),
            error: Set(None),
            handled_at: Set(None),
            parked_at: Set(None),
        });
        let known = OnConflict::columns([inbox::Column::Follower, inbox::Column::EventId]).do_nothing().to_owned();
        let transaction = self.0.db.write().await?;
        inbox::Entity::insert_many(rows).on_conflict(known).exec_without_returning(&transaction).await?;
        transaction.commit().await?;
        self.0.taken.notify_one();
        Ok(())
    }

    async fn replay_at_start(&self) {
        match self.replay().await {
            Ok(replayed) if replayed.parked > 0 => {
                tracing::error!(follower = F::NAME, ?replayed, "events are parked");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(follower = F::NAME, %error, "parked events were not tried again"),
        }
    }
}
