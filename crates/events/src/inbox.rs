//! Events on their way into a service's own tables.

use std::future::Future;
use std::sync::Arc;

use bus::{BoxError, Bus, Following, Message};
use database::Database;
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::OnConflict,
};

use crate::{Event, entity::inbox, now};

/// What fails so often is parked.
pub const MOST_TRIES: i64 = 10;

/// Errors are kept in this length.
const ERROR_LENGTH: usize = 500;

/// Somebody who makes something of events.
pub trait Follow: Send + Sync + 'static {
    /// Who it is, for ever: what has been handled is noted under this name.
    const NAME: &'static str;
    /// What it follows, as [`bus::Bus::follow`] has it.
    const SUBJECTS: &'static [&'static str];

    /// What takes long, or reaches beyond this database: done before [`Follow::handle`], in no transaction, so that nobody waits for
    /// it. It must bear to be done again.
    ///
    /// # Errors
    /// Any: the event comes again.
    fn before(&self, db: &Database, event: &Event) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _nothing = (db, event);
        async { Ok(()) }
    }

    /// Handles an event in the transaction in which it is noted that it did.
    ///
    /// # Errors
    /// Any: nothing in the transaction has happened then, and the event comes again.
    fn handle(
        &self,
        transaction: &DatabaseTransaction,
        event: &Event,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// The inbox of one follower. Clones are the same one.
#[derive(Debug)]
pub struct Inbox<F> {
    db: Database,
    follower: Arc<F>,
}

impl<F> Clone for Inbox<F> {
    fn clone(&self) -> Self {
        Self { db: self.db.clone(), follower: Arc::clone(&self.follower) }
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
        Self { db, follower: Arc::new(follower) }
    }

    /// Handles what the bus brings, until what this returns is dropped.
    pub fn follow(&self, bus: &Bus) -> Following {
        let inbox = self.clone();
        bus.follow(F::NAME, F::SUBJECTS, move |message| {
            let inbox = inbox.clone();
            async move { inbox.take(&message).await }
        })
    }

    /// Tries once more what is parked, in the order in which it was parked.
    ///
    /// # Errors
    /// The database's. What had been handled until then is.
    pub async fn replay(&self) -> Result<Replayed, DbErr> {
        let parked = inbox::Entity::find()
            .filter(inbox::Column::Follower.eq(F::NAME))
            .filter(inbox::Column::ParkedAt.is_not_null())
            .order_by_asc(inbox::Column::ParkedAt)
            .order_by_asc(inbox::Column::EventId)
            .all(self.db.reader())
            .await?;
        let mut replayed = Replayed::default();
        for row in parked {
            let text = row.event.unwrap_or_default();
            match self.attempt(&row.event_id, &text, true).await {
                Ok(()) => replayed.handled += 1,
                Err(error) => {
                    self.failed(&row.event_id, &text, &*error).await?;
                    replayed.parked += 1;
                }
            }
        }
        Ok(replayed)
    }

    /// Takes a message for good: it was handled, or it is parked.
    async fn take(&self, message: &Message) -> Result<(), BoxError> {
        let text = String::from_utf8_lossy(&message.payload);
        let Err(error) = self.attempt(&message.id, &text, false).await else { return Ok(()) };
        // Where not even that can be noted, the database is away, and the event is not to blame.
        let tries = self.failed(&message.id, &text, &*error).await?;
        if tries < MOST_TRIES {
            return Err(error);
        }
        tracing::error!(follower = F::NAME, event_id = message.id, %error, "an event cannot be handled and is parked");
        Ok(())
    }

    /// Handles an event, unless that has been done.
    async fn attempt(&self, id: &str, text: &str, replays: bool) -> Result<(), BoxError> {
        let is_done = |row: &inbox::Model| row.handled_at.is_some() || (row.parked_at.is_some() && !replays);
        let known = inbox::Entity::find_by_id((F::NAME.to_owned(), id.to_owned())).one(self.db.reader()).await?;
        if known.as_ref().is_some_and(is_done) {
            return Ok(());
        }
        let event: Event = serde_json::from_str(text)?;
        self.follower.before(&self.db, &event).await?;
        let transaction = self.db.write().await?;
        let row = self.locked(&transaction, id).await?;
        if is_done(&row) {
            return Ok(());
        }
        self.follower.handle(&transaction, &event).await?;
        let mut row = row.into_active_model();
        row.handled_at = Set(Some(now()));
        (row.error, row.event, row.parked_at) = (Set(None), Set(None), Set(None));
        row.update(&transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Notes that an event could not be handled; answers how often that was.
    async fn failed(&self, id: &str, text: &str, error: &(dyn std::error::Error + Send + Sync)) -> Result<i64, DbErr> {
        let transaction = self.db.write().await?;
        let row = self.locked(&transaction, id).await?;
        let tries = row.tries + 1;
        let was_parked = row.parked_at;
        let mut row = row.into_active_model();
        row.tries = Set(tries);
        row.error = Set(Some(error.to_string().chars().take(ERROR_LENGTH).collect()));
        row.event = Set(Some(text.to_owned()));
        if tries >= MOST_TRIES {
            row.parked_at = Set(Some(was_parked.unwrap_or_else(now)));
        }
        row.update(&transaction).await?;
        transaction.commit().await?;
        Ok(tries)
    }

    /// The row of an event, made if there is none, which nobody else gets until the transaction ends.
    async fn locked(&self, transaction: &DatabaseTransaction, id: &str) -> Result<inbox::Model, DbErr> {
        let new = inbox::Model {
            follower: F::NAME.to_owned(),
            event_id: id.to_owned(),
            handled_at: None,
            tries: 0,
            error: None,
            event: None,
            parked_at: None,
        };
        let nothing = OnConflict::new().do_nothing().to_owned();
        inbox::Entity::insert(new.into_active_model().reset_all())
            .on_conflict(nothing)
            .exec_without_returning(transaction)
            .await?;
        let found =
            inbox::Entity::find_by_id((F::NAME.to_owned(), id.to_owned())).lock_exclusive().one(transaction).await?;
        found.ok_or_else(|| DbErr::RecordNotFound(format!("the event {id}")))
    }
}
