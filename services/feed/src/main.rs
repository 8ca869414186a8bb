//! The service `feed` as a process of its own.

use std::process::ExitCode;

use boot::{App, Vars};
use database::Database;
use service::{Parts, Program, Serve, program::BoxError};

const REBUILD: &str = "rebuild";
const RECONCILE: &str = "reconcile";

struct Feed;

impl Serve for Feed {
    type Config = feed::Config;

    fn config(&self, vars: &mut Vars) -> feed::Config {
        feed::Config { sources: feed::Sources::from_vars(vars), ..feed::Config::from_vars(vars) }
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

    const COMMANDS: &'static [(&'static str, &'static str)] = &[
        (REBUILD, "Make everything anew from what users and posts have: USERS_URL, POSTS_URL, AGORA_INTERNAL_KEY."),
        (RECONCILE, "Compare everything with what users and posts have, repair it, and say what was wrong."),
    ];

    async fn command(&self, name: &str, config: feed::Config, db: &Database) -> Result<String, BoxError> {
        let sources = config.sources.as_ref();
        let sources =
            sources.ok_or("set USERS_URL, POSTS_URL and AGORA_INTERNAL_KEY: users and posts have to be asked")?;
        match name {
            REBUILD => Ok(feed::rebuild(db, &config, sources).await?.to_string()),
            RECONCILE => Ok(feed::reconcile(db, &config, sources).await?.to_string()),
            other => Err(format!("there is no command {other}").into()),
        }
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
