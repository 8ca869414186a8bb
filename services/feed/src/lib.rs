//! The service `feed`: the public feed, timelines, tags and search. A read model: it owns nothing that others do not know, and answers
//! from its own tables alone, so it answers also while `users` and `posts` are away.
//!
//! Promises:
//!
//! * Whatever order events come in, and however often, the tables are the same in the end: of each thing the newest version counts, and
//!   what was deleted stays deleted (`follower`).
//! * A timeline is a function of the posts, follows and blocks that there are: an event that changes one of them looks at the present
//!   state of the others in its own transaction (`timeline`).
//! * A post is shown once its author is known, and not after its author was deleted.
//! * Whoever has blocked somebody, or was blocked, finds nothing of them: not in feeds, not in search.
//! * Pages are by position: stable whatever comes and goes between two of them, also among equal times.
//! * It can be made anew from what `users` and `posts` export (`rebuild`), and compared with it and repaired (`reconcile`), while events
//!   go on.
//! * No text that is looked for is an error of the server: it is taken apart into words, which are bound as values (`search`).

mod config;
mod document;
mod error;
mod follower;
mod groups;
mod home;
mod kept;
#[cfg(test)]
mod plans;
mod post;
mod public;
mod rebuild;
mod reconcile;
mod routes;
mod search;
mod sources;
mod sql;
mod tags;
mod timeline;

use std::sync::Arc;

use boot::{App, Ready, Tasks};
use database::Database;
use events::Inbox;
use sea_orm::DbErr;
use service::Parts;

pub use config::Config;
pub use document::openapi;
pub use rebuild::{Rebuilt, rebuild};
pub use reconcile::{Failed, Found, Report, reconcile};
pub use sources::{Sources, Unanswered};

use follower::Follower;
use sql::Sql;

/// What every handler has.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) db: Database,
    pub(crate) config: Arc<Config>,
}

/// The service over a migrated database, believing the callers that the verifier believes, and hearing of others over the bus.
#[must_use]
pub fn app(config: Config, parts: Parts) -> App {
    let Parts { db, verifier, clock: _, bus } = parts;
    let tasks = Tasks::new();
    tasks.spawn("follower", Inbox::new(db.clone(), Follower { config: config.clone() }).run(bus, tasks.token()));
    tasks.spawn("reconcile", reconcile::run(db.clone(), config.clone(), tasks.token()));
    let ready = Ready::new({
        let db = db.clone();
        move || {
            let db = db.clone();
            async move { check(&db).await }
        }
    });
    let service = Service { db, config: Arc::new(config) };
    let router = service::router(routes::operations().0, document::openapi, service, verifier, tasks.clone());
    App { name: "feed", router, ready, tasks }
}

/// Handles once more what could not be handled.
///
/// # Errors
/// The database's.
pub async fn replay(db: &Database) -> Result<events::Replayed, DbErr> {
    Inbox::new(db.clone(), Follower { config: Config::default() }).replay().await
}

/// Whether the database answers and has been migrated; otherwise a sentence that is safe to show.
///
/// # Errors
/// The sentence.
pub async fn check(db: &Database) -> Result<(), String> {
    service::failure::ready(tables(db).await)
}

/// Asks the newest table, and those of events.
async fn tables(db: &Database) -> Result<(), DbErr> {
    Sql::new("SELECT rowid FROM post_words LIMIT 1").run(db.reader()).await?;
    events::check(db).await
}
