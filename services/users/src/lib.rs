//! The service `users`: owns accounts, their credentials and their refresh sessions, and the only interface to them.
//!
//! Promises:
//!
//! * A username is never given out twice; an e-mail address belongs to at most one account. The database decides both.
//! * Passwords are kept as argon2id hashes, refresh tokens as SHA-256 hashes; neither is in an answer or a log line.
//! * Of all who present one refresh token, one exchanges it; others get the same successor for 20 seconds. Later use ends
//!   the session and everything that descends from it.
//! * When a session ends, or an account is disabled, deleted or given other roles, that is recorded for the gateway in
//!   the same transaction.
//! * A read names the groups that it belongs to and a write those that it changes, so that caches know (`groups`).
//! * What happens to an account is told to others (`events`) in the transaction that makes it true, and whoever registers with an
//!   e-mail address gets one letter (`welcome`).
//! * A write that was begun is finished, whether or not the caller waits for it.
//!
//! Every request needs the gateway's assertion about its caller; who may do what is one table in `access`.

mod access;
mod cleanup;
mod config;
pub mod demo;
mod document;
mod domain;
mod entity;
mod error;
mod etag;
mod events;
mod groups;
mod hashing;
pub mod operate;
mod relations;
mod revocations;
mod routes;
mod sessions;
mod users;
mod welcome;

use std::sync::Arc;

use ::events::Outbox;
use axum::Router;
use boot::{App, Profile, Ready, Tasks};
use bus::Bus;
use database::Database;
use principal::Verifier;
use sea_orm::{DbErr, EntityTrait as _, QuerySelect as _};
use service::{Clock, Parts};

pub use config::Config;
pub use document::openapi;
pub use domain::{Role, UnknownRole};
pub use error::Error;
pub use hashing::{Passwords, QUEUE};
pub use revocations::KEPT as REVOCATIONS_KEPT;
pub use sessions::GRACE;
pub use welcome::Mail;

/// What every handler has: the database, the time, the settings.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    pub(crate) config: Arc<Config>,
    pub(crate) outbox: Outbox,
}

/// The service over a migrated database, believing the callers that the verifier believes, and telling others over the bus.
#[must_use]
pub fn app(config: Config, parts: Parts) -> App {
    let Parts { db, verifier, clock, bus } = parts;
    let outbox = Outbox::new("users", db.clone(), bus.clone());
    let service = Service { db, clock, config: Arc::new(config), outbox };
    let tasks = Tasks::new();
    // Whoever follows does so before anything is published.
    tasks.spawn("welcome", welcome::welcome(&service.db, &service.config).run(bus.clone(), tasks.token()));
    tasks.spawn("avatar", relations::avatar(&service.db, &service.clock).run(bus, tasks.token()));
    tasks.spawn("events", service.outbox.clone().relay(tasks.token()));
    tasks.spawn("cleanup", cleanup::run(service.clone(), tasks.token()));
    let db = service.db.clone();
    let ready = Ready::new(move || {
        let db = db.clone();
        async move { check(&db).await }
    });
    let router = service::router(routes::operations().0, document::openapi, service, verifier, tasks.clone());
    App { name: "users", router, ready, tasks }
}

/// What other services may export from a migrated database, and nothing else: for a program beside the running one. It does nothing by
/// itself.
pub fn exports(db: Database, verifier: Verifier) -> Router {
    let outbox = Outbox::new("users", db.clone(), Bus::in_process());
    let config = Arc::new(Config::usual(Profile::Production));
    let service = Service { db, clock: Clock::system(), config, outbox };
    service::router(routes::exports(), document::openapi, service, verifier, Tasks::new())
}

/// Whether the database answers and has been migrated; otherwise a sentence that is safe to show.
///
/// # Errors
/// The sentence.
pub async fn check(db: &Database) -> Result<(), String> {
    service::failure::ready(tables(db).await)
}

/// Asks the first tables and the newest: without those nobody could register.
async fn tables(db: &Database) -> Result<(), DbErr> {
    let any = entity::user::Entity::find().select_only().column(entity::user::Column::Id).limit(1);
    any.into_tuple::<i64>().one(db.reader()).await?;
    ::events::check(db).await
}
