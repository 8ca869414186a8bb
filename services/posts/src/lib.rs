//! The service `posts`: owns posts with their tags and pictures, comments and likes, and the only interface to them.
//!
//! Promises:
//!
//! * The counts of a post are those of its rows, however many like and comment at once.
//! * Of all who edit one version of a post or a comment under `If-Match`, one does.
//! * What belongs to a post goes with it: no comment, like or picture of a post that is gone is ever left.
//! * A picture is what its pixels are: nothing else of what was uploaded is kept (`uploads`). Its files are there as long as something
//!   has it, and not much longer (`files`).
//! * A request under an `Idempotency-Key` is done once.
//! * Who has blocked somebody, and who was blocked, do not see each other's posts, comments and likes here, as soon as `users` has told
//!   of it. When an account is deleted, what it wrote and liked goes.
//! * Whatever happens to a post is told to others (`events`) in the transaction that makes it true, with the values that it has then.
//! * A read names the groups that it belongs to and a write those that it changes, so that caches know (`groups`).
//!
//! Every request needs the gateway's assertion about its caller; who may do what is one table in `access`.

mod access;
mod accounts;
mod avatars;
mod blocks;
mod cleanup;
mod comments;
mod config;
pub mod demo;
mod document;
mod domain;
mod entity;
mod error;
mod etag;
mod events;
mod files;
mod follower;
mod groups;
mod likes;
mod media;
#[cfg(test)]
mod plans;
mod posts;
mod routes;
mod uploads;

use std::sync::Arc;

use ::events::{Inbox, Outbox};
use axum::Router;
use boot::{App, Ready, Tasks};
use bus::Bus;
use database::Database;
use principal::Verifier;
use sea_orm::{DbErr, EntityTrait as _, QuerySelect as _};
use service::{Clock, Parts};

pub use config::Config;
pub use document::openapi;
pub use error::Error;
pub use files::{OpenError, Place};

use files::Files;
use follower::Follower;
use uploads::Uploads;

/// What every handler has: the database, the files, the time, the settings.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    pub(crate) config: Arc<Config>,
    pub(crate) outbox: Outbox,
    pub(crate) files: Files,
    pub(crate) uploads: Uploads,
}

impl Service {
    fn new(config: Config, db: Database, clock: Clock, bus: &Bus, files: Files) -> Self {
        let outbox = Outbox::new("posts", db.clone(), bus.clone());
        Self { db, clock, config: Arc::new(config), outbox, files, uploads: Uploads::default() }
    }
}

/// The service over a migrated database, believing the callers that the verifier believes, and telling others over the bus.
///
/// # Errors
/// [`OpenError`] if files of pictures cannot be kept where they are to be.
pub fn app(config: Config, parts: Parts) -> Result<App, OpenError> {
    let files = Files::open(&config.media)?;
    let Parts { db, verifier, clock, bus } = parts;
    let service = Service::new(config, db, clock, &bus, files);
    let tasks = Tasks::new();
    // Whoever follows does so before anything is published.
    tasks.spawn("accounts", Inbox::new(service.db.clone(), Follower).run(bus, tasks.token()));
    tasks.spawn("events", service.outbox.clone().relay(tasks.token()));
    tasks.spawn("cleanup", cleanup::run(service.clone(), tasks.token()));
    let db = service.db.clone();
    let ready = Ready::new(move || {
        let db = db.clone();
        async move { check(&db).await }
    });
    let router = service::router(routes::operations().0, document::openapi, service, verifier, tasks.clone());
    Ok(App { name: "posts", router, ready, tasks })
}

/// What other services may export from a migrated database, and nothing else: for a program beside the running one. It does nothing by
/// itself.
pub fn exports(db: Database, verifier: Verifier) -> Router {
    let service = Service::new(Config::default(), db, Clock::system(), &Bus::in_process(), Files::none());
    service::router(routes::unstored().into(), document::openapi, service, verifier, Tasks::new())
}

/// Handles once more what could not be handled.
///
/// # Errors
/// The database's.
pub async fn replay(db: &Database) -> Result<::events::Replayed, DbErr> {
    Inbox::new(db.clone(), Follower).replay().await
}

/// Whether the database answers and has been migrated; otherwise a sentence that is safe to show.
///
/// # Errors
/// The sentence.
pub async fn check(db: &Database) -> Result<(), String> {
    service::failure::ready(tables(db).await)
}

/// Asks the newest tables: without those nobody could write.
async fn tables(db: &Database) -> Result<(), DbErr> {
    let any = entity::avatar::Entity::find().select_only().column(entity::avatar::Column::UserId).limit(1);
    any.into_tuple::<i64>().one(db.reader()).await?;
    ::events::check(db).await
}
