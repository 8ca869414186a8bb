//! The service `users` as a process of its own.

use std::process::ExitCode;

use boot::{App, Vars};
use database::Database;
use secrecy::ExposeSecret as _;
use service::{
    Parts, Program, Serve,
    program::{self, BoxError},
};
use users::demo;

struct Users;

impl Serve for Users {
    type Config = users::Config;

    fn config(&self, vars: &mut Vars) -> users::Config {
        users::Config::from_vars(vars)
    }

    async fn check(&self, db: &Database) -> Result<(), String> {
        users::check(db).await
    }

    async fn is_seeded(&self, db: &Database) -> Result<bool, BoxError> {
        Ok(demo::is_seeded(db).await?)
    }

    async fn seed(&self, _: users::Config, db: &Database) -> Result<String, BoxError> {
        Ok(match demo::seed(db).await? {
            Some(seeded) => format!(
                "created {} demo accounts (password `{}`) and the administrator `{}` with the password {}",
                seeded.users,
                demo::PASSWORD,
                seeded.admin,
                seeded.admin_password.expose_secret()
            ),
            None => program::NOT_EMPTY.to_owned(),
        })
    }

    fn app(&self, config: users::Config, parts: Parts) -> Result<App, BoxError> {
        Ok(users::app(config, parts))
    }
}

fn main() -> ExitCode {
    let program = Program {
        name: "users",
        about: "Accounts, credentials and refresh sessions.",
        port: 8101,
        listen: "USERS_LISTEN",
        database_url: "USERS_DATABASE_URL",
        assertion_key: "USERS_ASSERTION_KEY",
        callers: &["feed"],
        shutdown_grace: "USERS_SHUTDOWN_GRACE_S",
        openapi: users::openapi,
        service: Users,
    };
    program.main()
}
