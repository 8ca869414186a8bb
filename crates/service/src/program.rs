//! A service as a process of its own: `run`, `seed` and `openapi`.

mod commands;
mod settings;

use std::error::Error;

use boot::{App, Vars};
use bus::Bus;
use database::Database;
use principal::Verifier;
use utoipa::openapi::OpenApi;

use crate::Clock;

/// What seeding says of a database that has been used.
pub const NOT_EMPTY: &str = "there is data already: nothing was changed";

/// Any error, as a sentence for whoever started the process.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What a service's process is made of. The names of its variables are written out where the service is, so that they are found.
#[derive(Clone, Copy, Debug)]
pub struct Program<S> {
    /// The service's name.
    pub name: &'static str,
    /// What it is, in a sentence, for `--help`.
    pub about: &'static str,
    /// The port it listens on unless it is told otherwise.
    pub port: u16,
    /// The variable of the address: `POSTS_LISTEN`.
    pub listen: &'static str,
    /// Of the database: `POSTS_DATABASE_URL`.
    pub database_url: &'static str,
    /// Of its own derived key, by which it believes the gateway: `POSTS_ASSERTION_KEY`.
    pub assertion_key: &'static str,
    /// The other services whose word about themselves it takes, if it has the whole deployment's key.
    pub callers: &'static [&'static str],
    /// Of the time that requests get at the end: `POSTS_SHUTDOWN_GRACE_S`.
    pub shutdown_grace: &'static str,
    /// Its document.
    pub openapi: fn() -> OpenApi,
    /// The service itself.
    pub service: S,
}

/// What only the service knows.
pub trait Serve {
    /// Its settings.
    type Config;

    /// Reads the settings; mistakes are collected.
    fn config(&self, vars: &mut Vars) -> Self::Config;

    /// Whether the database answers and has been migrated.
    ///
    /// # Errors
    /// A sentence that is safe to show.
    fn check(&self, db: &Database) -> impl Future<Output = Result<(), String>> + Send;

    /// Whether the demo data is there, which production refuses.
    ///
    /// # Errors
    /// The database's.
    fn is_seeded(&self, db: &Database) -> impl Future<Output = Result<bool, BoxError>> + Send;

    /// Fills an empty database, and says what was done.
    ///
    /// # Errors
    /// A sentence; the database is still empty then.
    fn seed(&self, config: Self::Config, db: &Database) -> impl Future<Output = Result<String, BoxError>> + Send;

    /// Commands that other services do not have: a name, and what it does, for `--help`.
    const COMMANDS: &'static [(&'static str, &'static str)] = &[];

    /// Does one of [`Serve::COMMANDS`], and says what was done.
    ///
    /// # Errors
    /// A sentence.
    fn command(
        &self,
        name: &str,
        config: Self::Config,
        db: &Database,
    ) -> impl Future<Output = Result<String, BoxError>> + Send {
        let _nothing = (config, db);
        let why = format!("there is no command {name}");
        async move { Err(why.into()) }
    }

    /// The service, ready to be served.
    ///
    /// # Errors
    /// A sentence.
    fn app(&self, config: Self::Config, parts: Parts) -> Result<App, BoxError>;
}

/// What a service is given.
#[allow(missing_debug_implementations, reason = "a verifier holds keys")]
pub struct Parts {
    /// Its database, migrated.
    pub db: Database,
    /// Whose word about callers it takes.
    pub verifier: Verifier,
    /// The time.
    pub clock: Clock,
    /// By which it tells others, and hears.
    pub bus: Bus,
}
