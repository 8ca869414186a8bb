//! What is told by `users` and `posts`, made into this service's own rows.
//!
//! Every handler says the same in its own words: take what was told if it is newer than what is known, and only then make what
//! follows from it. So a repeat changes nothing, and what comes too late changes nothing either.

mod accounts;
pub(crate) mod posts;
mod relations;
pub(crate) mod tags;

use events::{BoxError, Event, Follow};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, DbErr};

use crate::{config::Config, sql::Sql, timeline::Timelines};

/// The lock under which the tables of this service are written on PostgreSQL.
const LOCK: i64 = 0x6167_6f72_6105_0001;

/// The one who follows.
#[derive(Clone, Debug)]
pub(crate) struct Follower {
    pub(crate) config: Config,
}

impl Follow for Follower {
    const NAME: &'static str = "feed";
    const SUBJECTS: &'static [&'static str] = &["agora.users.>", "agora.posts.>"];

    async fn handle(&self, transaction: &DatabaseTransaction, event: &Event) -> Result<(), BoxError> {
        alone(transaction).await?;
        Ok(self.apply(transaction, event).await?)
    }
}

/// Why an event was not handled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It is not what events of its kind are.
    #[error("an event of the wrong shape: {0}")]
    Shape(#[from] serde_json::Error),
    /// The database refused or did not answer.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Follower {
    /// Makes of an event what follows from it. Kinds that are not known here are none of this service's business.
    pub(crate) async fn apply(&self, transaction: &DatabaseTransaction, event: &Event) -> Result<(), Failure> {
        let (id, version, data) = (event.aggregate.id, event.version, event.data.clone());
        let timelines = Timelines::new(&self.config);
        match event.kind.as_str() {
            "user.registered" | "user.changed" => accounts::told(transaction, id, version, data, false).await,
            "user.deleted" => accounts::told(transaction, id, version, data, true).await,
            "user.followed" | "user.unfollowed" => relations::follow(transaction, &timelines, id, version, data).await,
            "user.blocked" | "user.unblocked" => relations::block(transaction, &timelines, id, version, data).await,
            "post.created" | "post.changed" | "post.counted" => {
                posts::told(transaction, &timelines, id, version, data).await
            }
            "post.deleted" => posts::deleted(transaction, &timelines, id, version, data).await,
            _ => Ok(()),
        }
    }
}

/// Waits until nobody else writes, up to the end of the transaction: what follows from an event depends on several tables. SQLite has
/// one writer anyway.
pub(crate) async fn alone(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        Sql::new("SELECT pg_advisory_xact_lock(").bind(LOCK).add(")").run(transaction).await?;
    }
    Ok(())
}
