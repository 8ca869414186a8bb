//! Making something of what is stored, in the order of storing.

use std::collections::HashSet;
use std::error::Error;
use std::time::Duration;

use bus::{BoxError, pause};
use sea_orm::{
    ColumnTrait as _, Condition, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::Expr,
};
use tokio_util::sync::CancellationToken;

use super::{Follow, Inbox, MOST_TRIES, Replayed};
use crate::{Event, claim::Claim, entity::inbox, now};

/// How often the worker looks by itself: for what another process has stored.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// How soon it looks again where another process works.
const LOOKS_AGAIN: Duration = Duration::from_millis(200);

/// Errors are kept in this length.
const ERROR_LENGTH: usize = 500;

/// What a worker does next.
enum Next {
    /// It was busy: there may be more.
    More,
    /// Nothing, for so long, unless it is woken.
    Wait(Duration),
}

/// What was in the way of a transaction.
struct Failure {
    /// Which of its events it was; none where that is not known.
    at: Option<usize>,
    error: BoxError,
}

/// A stored event that can be handled.
type Ready = (inbox::Model, Event);

impl<F: Follow> Inbox<F> {
    /// Handles what is stored until told to stop.
    pub(super) async fn work(&self, stop: &CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            match self.next().await {
                Ok(Next::More) => failures = 0,
                Ok(Next::Wait(most)) => {
                    failures = 0;
                    // Whether it was woken or looks by itself makes no difference.
                    stop.run_until_cancelled(tokio::time::timeout(most, self.0.taken.notified())).await;
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(follower = F::NAME, %error, "events wait in the inbox; handling them will be tried again");
                    stop.run_until_cancelled(tokio::time::sleep(pause::after(failures, &self.0.pauses))).await;
                }
            }
        }
    }

    /// Handles the next events that are due.
    async fn next(&self) -> Result<Next, BoxError> {
        // Only who has something to do takes the right to do it from the others.
        let head = self.first(1).await?;
        let Some(head) = head.first() else { return Ok(Next::Wait(LOOKS_EVERY)) };
        if let Ok(early @ 1..) = u64::try_from(head.due_at - now()) {
            return Ok(Next::Wait(Duration::from_millis(early)));
        }
        let Some(claim) = Claim::take(&self.0.db, &format!("inbox {}", F::NAME)).await? else {
            return Ok(Next::Wait(LOOKS_AGAIN));
        };
        let rows = self.first(F::AT_ONCE.max(1) as u64).await?;
        self.handle_all(rows).await?;
        claim.release().await?;
        Ok(Next::More)
    }

    /// The first that wait, in the order in which they were stored.
    async fn first(&self, most: u64) -> Result<Vec<inbox::Model>, DbErr> {
        let waiting = inbox::Entity::find().filter(self.waiting()).order_by_asc(inbox::Column::Id).limit(most);
        waiting.all(self.0.db.reader()).await
    }

    fn waiting(&self) -> Condition {
        let mine = Condition::all().add(inbox::Column::Follower.eq(F::NAME));
        mine.add(inbox::Column::HandledAt.is_null()).add(inbox::Column::ParkedAt.is_null())
    }

    fn parked(&self) -> Condition {
        let mine = Condition::all().add(inbox::Column::Follower.eq(F::NAME));
        mine.add(inbox::Column::ParkedAt.is_not_null())
    }

    /// Handles events together up to the first that fails, of which that is noted.
    async fn handle_all(&self, rows: Vec<inbox::Model>) -> Result<(), BoxError> {
        let (mut ready, mut failed) = (Vec::new(), None);
        for row in rows {
            // Whoever comes after one who failed a moment ago waits with it.
            if row.due_at > now() {
                break;
            }
            match self.prepared(&row).await {
                Ok(event) => ready.push((row, event)),
                Err(error) => {
                    failed = Some((row, error));
                    break;
                }
            }
        }
        while !ready.is_empty() {
            let Err(Failure { at, error }) = self.transact(&ready, self.waiting()).await else { break };
            if is_away(&*error) {
                return Err(error);
            }
            // Where all of them together are to blame, fewer are tried, in the end one.
            let is_known = at.is_some() || ready.len() == 1;
            let at = at.unwrap_or(ready.len() / 2);
            let row = ready.drain(at..).next().map(|(row, _)| row);
            failed = row.filter(|_| is_known).map(|row| (row, error));
        }
        match failed {
            Some((_, error)) if is_away(&*error) => Err(error),
            Some((row, error)) => Ok(self.failed(row, &*error).await?),
            None => Ok(()),
        }
    }

    /// Does what comes before the transaction.
    async fn prepared(&self, row: &inbox::Model) -> Result<Event, BoxError> {
        let event: Event = serde_json::from_str(row.event.as_deref().unwrap_or_default())?;
        self.0.follower.before(&self.0.db, &event).await?;
        Ok(event)
    }

    /// Handles events in one transaction with the note that they were. Those that are not in `state` any more have been.
    async fn transact(&self, ready: &[Ready], state: Condition) -> Result<(), Failure> {
        let whole = |error: DbErr| Failure { at: None, error: error.into() };
        let ids = ready.iter().map(|(row, _)| row.id);
        let transaction = self.0.db.write().await.map_err(whole)?;
        let open = inbox::Entity::find().select_only().column(inbox::Column::Id);
        let open = open.filter(inbox::Column::Id.is_in(ids)).filter(state).lock_exclusive();
        let open: HashSet<i64> = open.into_tuple().all(&transaction).await.map_err(whole)?.into_iter().collect();
        for (at, (_, event)) in ready.iter().enumerate().filter(|(_, (row, _))| open.contains(&row.id)) {
            let handled = self.0.follower.handle(&transaction, event).await;
            handled.map_err(|error| Failure { at: Some(at), error })?;
        }
        inbox::Entity::update_many()
            .col_expr(inbox::Column::HandledAt, Expr::value(now()))
            .col_expr(inbox::Column::ParkedAt, Expr::value(None::<i64>))
            .col_expr(inbox::Column::Event, Expr::value(None::<String>))
            .col_expr(inbox::Column::Error, Expr::value(None::<String>))
            .filter(inbox::Column::Id.is_in(open))
            .exec(&transaction)
            .await
            .map_err(whole)?;
        transaction.commit().await.map_err(whole)
    }

    /// Notes that an event could not be handled, and parks it if that was often enough.
    async fn failed(&self, row: inbox::Model, error: &(dyn Error + Send + Sync)) -> Result<(), DbErr> {
        let (tries, event_id) = (row.tries + 1, row.event_id);
        let parked_at = row.parked_at.or_else(|| (tries >= MOST_TRIES).then(now));
        let pause = i64::try_from(pause::after(tries, &self.0.pauses).as_millis()).unwrap_or(i64::MAX);
        let told: String = error.to_string().chars().take(ERROR_LENGTH).collect();
        let transaction = self.0.db.write().await?;
        inbox::Entity::update_many()
            .col_expr(inbox::Column::Tries, Expr::value(tries))
            .col_expr(inbox::Column::DueAt, Expr::value(now().saturating_add(pause)))
            .col_expr(inbox::Column::Error, Expr::value(told))
            .col_expr(inbox::Column::ParkedAt, Expr::value(parked_at))
            .filter(inbox::Column::Id.eq(row.id))
            .filter(inbox::Column::HandledAt.is_null())
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        if parked_at.is_some() {
            tracing::error!(follower = F::NAME, event_id, %error, "an event cannot be handled and is parked");
        } else {
            tracing::warn!(follower = F::NAME, event_id, tries, %error, "an event was not handled; it will be tried again");
        }
        Ok(())
    }

    /// Tries once more what is parked, in the order in which it was parked. Where another process does, nothing is left to do.
    ///
    /// # Errors
    /// The database's. What had been handled until then is.
    pub async fn replay(&self) -> Result<Replayed, DbErr> {
        let mut replayed = Replayed::default();
        let Some(claim) = Claim::take(&self.0.db, &format!("replay {}", F::NAME)).await? else { return Ok(replayed) };
        let parked = inbox::Entity::find()
            .filter(self.parked())
            .order_by_asc(inbox::Column::ParkedAt)
            .order_by_asc(inbox::Column::Id)
            .all(self.0.db.reader())
            .await?;
        for row in parked {
            match self.again(row.clone()).await {
                Ok(()) => replayed.handled += 1,
                Err(error) => {
                    self.failed(row, &*error).await?;
                    replayed.parked += 1;
                }
            }
        }
        claim.release().await?;
        Ok(replayed)
    }

    async fn again(&self, row: inbox::Model) -> Result<(), BoxError> {
        let event = self.prepared(&row).await?;
        self.transact(&[(row, event)], self.parked()).await.map_err(|failure| failure.error)
    }
}

/// Whether it was the database that failed, and not what was to be done with it.
fn is_away(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    let mut error: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = error {
        if one.downcast_ref::<DbErr>().is_some_and(database::is_unavailable) {
            return true;
        }
        error = one.source();
    }
    false
}
