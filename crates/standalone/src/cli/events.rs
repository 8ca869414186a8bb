//! `agora events …`: what services tell each other, from the machine that has the data.

use std::{
    error::Error,
    fmt::Write as _,
    io::{self, Write as _},
    path::Path,
};

use boot::Outcome;
use clap::Subcommand;
use database::Database;
use users::{Config, operate};

use super::user::open;
use crate::data;

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum Command {
    /// How many events wait, and which could not be handled
    Status,
    /// Handle once more what could not be handled
    Replay,
}

impl Command {
    pub(super) async fn run(self, data: &Path, mut config: Config) -> Outcome {
        let database = open(data).await?;
        config.mail = config.mail.kept_in(data::mail(data));
        let done = self.work(&database, &config).await;
        database.close().await;
        io::stdout().write_all(done?.as_bytes())?;
        Ok(())
    }

    async fn work(self, database: &Database, config: &Config) -> Result<String, Box<dyn Error + Send + Sync>> {
        match self {
            Self::Status => Ok(told(&::events::status(database).await?)?),
            Self::Replay => {
                let replayed = operate::replay(database, config).await?;
                Ok(format!("users  {} handled, {} still parked\n", replayed.handled, replayed.parked))
            }
        }
    }
}

fn told(status: &::events::Status) -> Result<String, std::fmt::Error> {
    let (unpublished, waiting) = (status.unpublished, status.waiting);
    let mut text = format!("users  {unpublished} to publish, {waiting} to handle, {} parked\n", status.parked.len());
    for parked in &status.parked {
        writeln!(text, "  {}  {}  {}", parked.follower, parked.event_id, parked.error)?;
    }
    Ok(text)
}
