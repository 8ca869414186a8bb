//! The service `posts` as a process of its own.

use std::process::ExitCode;

use boot::{App, Vars};
use database::Database;
use posts::demo;
use service::{
    Clock, Parts, Program, Serve,
    program::{self, BoxError},
};

struct Posts;

impl Serve for Posts {
    type Config = posts::Config;

    fn config(&self, vars: &mut Vars) -> posts::Config {
        posts::Config::from_vars(vars)
    }

    async fn check(&self, db: &Database) -> Result<(), String> {
        posts::check(db).await
    }

    async fn is_seeded(&self, _: &Database) -> Result<bool, BoxError> {
        Ok(false)
    }

    async fn seed(&self, config: posts::Config, db: &Database) -> Result<String, BoxError> {
        Ok(match demo::seed(config, db, Clock::system()).await? {
            Some(seeded) => format!("created {seeded} in the names of the first {} accounts", service::demo::ACCOUNTS),
            None => program::NOT_EMPTY.to_owned(),
        })
    }

    fn app(&self, config: posts::Config, parts: Parts) -> Result<App, BoxError> {
        Ok(posts::app(config, parts)?)
    }
}

fn main() -> ExitCode {
    let program = Program {
        name: "posts",
        about: "Posts with their pictures, comments and likes.",
        port: 8102,
        listen: "POSTS_LISTEN",
        database_url: "POSTS_DATABASE_URL",
        assertion_key: "POSTS_ASSERTION_KEY",
        callers: &["feed"],
        shutdown_grace: "POSTS_SHUTDOWN_GRACE_S",
        openapi: posts::openapi,
        service: Posts,
    };
    program.main()
}
