//! The service `feed` as a process of its own.

use std::process::ExitCode;

use boot::{App, Vars};
use database::Database;
use service::{Parts, Program, Serve, program::BoxError};

struct Feed;

impl Serve for Feed {
    type Config = feed::Config;

    fn config(&self, vars: &mut Vars) -> feed::Config {
        feed::Config::from_vars(vars)
    }

    async fn check(&self, db: &Database) -> Result<(), String> {
        feed::check(db).await
    }

    /// There is nothing here that others have not told.
    async fn is_seeded(&self, _: &Database) -> Result<bool, BoxError> {
        Ok(false)
    }

    async fn seed(&self, _: feed::Config, _: &Database) -> Result<String, BoxError> {
        Ok("feed has no data of its own: it is told what users and posts have".to_owned())
    }

    fn app(&self, config: feed::Config, parts: Parts) -> Result<App, BoxError> {
        Ok(feed::app(config, parts))
    }
}

fn main() -> ExitCode {
    let program = Program {
        name: "feed",
        about: "Timelines, tags and search.",
        port: 8103,
        listen: "FEED_LISTEN",
        database_url: "FEED_DATABASE_URL",
        assertion_key: "FEED_ASSERTION_KEY",
        callers: &[],
        shutdown_grace: "FEED_SHUTDOWN_GRACE_S",
        openapi: feed::openapi,
        service: Feed,
    };
    program.main()
}
