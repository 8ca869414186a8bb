//! `agora feed …`: what feed shows, held against what users and posts have, from the machine that has the data.

use std::{
    error::Error,
    io::{self, Write as _},
    path::Path,
};

use boot::Outcome;
use clap::Subcommand;
use database::Database;
use feed::{Config, Sources};
use migration::Schema;
use principal::{InternalKey, Verifier};
use tokio::runtime::Handle;
use upstream::Upstream;

use super::user::open;

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum Command {
    /// Empty the tables of feed and fill them anew; until that is done, readers see what was there before
    Rebuild,
    /// Compare the tables of feed with what users and posts have, repair them, and say what was wrong
    Reconcile,
}

impl Command {
    pub(super) async fn run(self, data: &Path, config: Config) -> Outcome {
        let [users, posts, feed] =
            [open(data, Schema::Users).await?, open(data, Schema::Posts).await?, open(data, Schema::Feed).await?];
        let done = self.work(&users, &posts, &feed, &config).await;
        for database in [users, posts, feed] {
            database.close().await;
        }
        io::stdout().write_all(done?.as_bytes())?;
        Ok(())
    }

    /// What was done, as sentences.
    async fn work(
        self,
        users: &Database,
        posts: &Database,
        feed: &Database,
        config: &Config,
    ) -> Result<String, Box<dyn Error + Send + Sync>> {
        let key = InternalKey::random();
        let believing = |name: &str| Verifier::new(name, vec![("feed".to_owned(), key.derive("feed", name))]);
        let users = users::exports(users.clone(), believing("users"));
        let posts = posts::exports(posts.clone(), believing("posts"));
        let [users, posts] =
            [("users", users), ("posts", posts)].map(|(name, router)| Upstream::local(name, router, Handle::current()));
        let sources = Sources::new(users, posts, &key);
        Ok(match self {
            Self::Rebuild => format!("{}\n", feed::rebuild(feed, config, &sources).await?),
            Self::Reconcile => format!("{}\n", feed::reconcile(feed, config, &sources).await?),
        })
    }
}
