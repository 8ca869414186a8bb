//! `agora user …`: accounts, from the machine that has the data.
//!
//! SQLite lets a second process write, so this works whether the system runs or not. A changed password or role takes effect at once:
//! the service records the revocation, and a running gateway applies it.

use std::{
    error::Error,
    io::{self, Write as _},
    path::Path,
};

use boot::Outcome;
use clap::Subcommand;
use database::Database;
use users::{Config, Role, operate};

use crate::{data, prompt};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make an account; the password is asked for, or read from standard input
    Create {
        /// 3–30 of a–z, 0–9 and _
        username: String,
        /// A second name to log in with
        #[arg(long)]
        email: Option<String>,
        /// admin or seller; may be repeated
        #[arg(long, value_name = "ROLE")]
        role: Vec<Role>,
    },
    /// Give an account a role; it has to log in again
    Promote {
        /// Whose
        username: String,
        /// admin or seller
        #[arg(long, value_name = "ROLE", default_value = "admin")]
        role: Role,
    },
    /// Set a password, which is asked for or read from standard input; every session of the account ends
    Password {
        /// Whose
        username: String,
    },
}

impl Command {
    pub(super) async fn run(self, data: &Path, config: &Config) -> Outcome {
        let database = open(data, migration::Schema::Users).await?;
        let done = self.work(&database, config).await;
        database.close().await;
        io::stdout().write_all(done?.as_bytes())?;
        Ok(())
    }

    /// What was done, as a sentence.
    async fn work(self, database: &Database, config: &Config) -> Result<String, Box<dyn Error + Send + Sync>> {
        Ok(match self {
            Self::Create { username, email, role } => {
                let password = prompt::new_password()?;
                operate::create_account(database, config, &username, email.as_deref(), password, &role).await?;
                format!("{username} can log in\n")
            }
            Self::Promote { username, role } => {
                let changed = operate::promote(database, &username, role).await?;
                format!("{username} {} the role {}\n", if changed { "now has" } else { "already had" }, role.as_str())
            }
            Self::Password { username } => {
                let password = prompt::new_password()?;
                operate::set_password(database, config, &username, password).await?;
                format!("{username} has a new password, and has to log in again\n")
            }
        })
    }
}

/// A service's database in a data directory, which has to exist: a mistyped directory must not become a new one.
pub(super) async fn open(data: &Path, schema: migration::Schema) -> Result<Database, Box<dyn Error + Send + Sync>> {
    if !data::database(data, migration::Schema::Users.name()).exists() {
        return Err(format!(
            "there are no accounts in {}: start the system once, or name another --data DIR",
            data.display()
        )
        .into());
    }
    let path = data::database(data, schema.name());
    let options = database::Options::usual(database::Engine::Sqlite);
    let database = Database::open(&database::sqlite_url(&path), options).await?;
    migration::up(schema, &database).await?;
    Ok(database)
}
