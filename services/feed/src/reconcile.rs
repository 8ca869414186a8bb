//! Comparing what is here with what `users` and `posts` have, and repairing it.
//!
//! First the rows that they own, against their exports, page by page (`table`). A row is read here before it is asked for there, so
//! the export is the newer of the two unless an event has changed the row meanwhile; then it is left to that event. What is repaired is
//! repaired in one transaction with what follows from it, under the lock that events take. Then what follows from the rows is
//! compared with them (`derived`): tags, words, timelines. It is looked for without a lock, and only what is wrong is touched.
//!
//! Not compared is which words the entry of a post in the index has, only that there is one: `rebuild` makes all of them again.

mod derived;
mod report;
mod table;
mod timelines;

use std::time::Duration;

use boot::CancellationToken;
use database::Database;
use events::Claim;
use sea_orm::DbErr;

pub use report::{Found, Report};

use crate::{
    Config,
    sources::{Author, Block, Follow, Post, Sources, Unanswered},
    timeline::Timelines,
};

/// After a start, what has been told meanwhile is handled first; and how soon it is tried again after a failure.
const SOON: Duration = Duration::from_secs(60);

/// Why it was not brought to its end.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// `users` or `posts` did not answer as they should.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// The database of this service.
    #[error("the database of feed failed: {0}")]
    Database(#[from] DbErr),
    /// Another process is at it.
    #[error("another process is reconciling at this moment")]
    Busy,
}

/// Compares the tables with what `users` and `posts` have, repairs them, and reports what was repaired. Events go on meanwhile, and a
/// second run without any finds nothing.
///
/// # Errors
/// [`Failed`]: what had been repaired until then is, and nothing else is different.
pub async fn reconcile(db: &Database, config: &Config, sources: &Sources) -> Result<Report, Failed> {
    let claim = Claim::take(db, "reconcile").await?.ok_or(Failed::Busy)?;
    let compared = Run { db, timelines: Timelines::new(config), sources }.compare().await;
    // Also after a failure: what is only dropped is given back some time later, and whoever tries again at once would be refused.
    claim.release().await?;
    compared
}

/// One run through everything.
struct Run<'a> {
    db: &'a Database,
    timelines: Timelines,
    sources: &'a Sources,
}

impl Run<'_> {
    async fn compare(&self) -> Result<Report, Failed> {
        Ok(Report {
            authors: self.table::<Author>().await?,
            follows: self.table::<Follow>().await?,
            blocks: self.table::<Block>().await?,
            posts: self.table::<Post>().await?,
            read_authors: self.read_authors().await?,
            timeline: self.timeline().await?,
            tags: self.tags().await?,
            words: self.words().await?,
        })
    }
}

/// Reconciles now and then, until told to stop.
pub(crate) async fn run(db: Database, config: Config, stop: CancellationToken) {
    let Some(sources) = config.sources.clone() else {
        tracing::debug!("feed does not compare itself with users and posts: it is not told where they are");
        return;
    };
    let soon = SOON.min(config.reconcile_interval);
    let mut pause = soon;
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        let Some(outcome) = stop.run_until_cancelled(reconcile(&db, &config, &sources)).await else { return };
        pause = config.reconcile_interval;
        match outcome {
            Ok(report) if report.is_clean() => tracing::debug!("feed is what users and posts have"),
            Ok(report) => tracing::info!(?report, "feed was not what users and posts have, and is now"),
            Err(Failed::Busy) => {}
            Err(error) => {
                tracing::warn!(%error, "feed was not compared with users and posts; it will be tried again");
                pause = soon;
            }
        }
    }
}
