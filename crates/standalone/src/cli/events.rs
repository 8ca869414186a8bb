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
use migration::Schema;
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
        let databases = Databases {
            users: open(data, Schema::Users).await?,
            posts: open(data, Schema::Posts).await?,
            feed: open(data, Schema::Feed).await?,
        };
        config.mail = config.mail.kept_in(data::mail(data));
        let done = self.work(&databases, &config).await;
        for database in [databases.users, databases.posts, databases.feed] {
            database.close().await;
        }
        io::stdout().write_all(done?.as_bytes())?;
        Ok(())
    }

    async fn work(self, databases: &Databases, config: &Config) -> Result<String, Box<dyn Error + Send + Sync>> {
        let Databases { users, posts, feed } = databases;
        Ok(match self {
            Self::Status => [
                told("users", &::events::status(users).await?)?,
                told("posts", &::events::status(posts).await?)?,
                told("feed", &::events::status(feed).await?)?,
            ]
            .concat(),
            Self::Replay => [
                replayed("users", operate::replay(users, config).await?),
                replayed("posts", posts::replay(posts).await?),
                replayed("feed", feed::replay(feed).await?),
            ]
            .concat(),
        })
    }
}

struct Databases {
    users: Database,
    posts: Database,
    feed: Database,
}

fn replayed(service: &str, replayed: ::events::Replayed) -> String {
    format!("{service:<5}  {} handled, {} still parked\n", replayed.handled, replayed.parked)
}

fn told(service: &str, status: &::events::Status) -> Result<String, std::fmt::Error> {
    let (unpublished, waiting) = (status.unpublished, status.waiting);
    let mut text =
        format!("{service:<5}  {unpublished} to publish, {waiting} to handle, {} parked\n", status.parked.len());
    for parked in &status.parked {
        writeln!(text, "  {}  {}  {}", parked.follower, parked.event_id, parked.error)?;
    }
    Ok(text)
}
