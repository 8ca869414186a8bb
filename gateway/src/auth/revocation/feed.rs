//! Follows the revocations that users records, and keeps the file up to date.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::file::{self, Snapshot};
use super::{KEPT_MS, Revocations};
use crate::auth::clock::Clock;
use crate::auth::users::Users;

/// How often users is asked.
const INTERVAL: Duration = Duration::from_millis(500);
/// How many revocations are asked for at once.
const PAGE: usize = 500;

/// Follows users' list of revocations. It begins at the beginning, since users keeps only those that still matter, and a file
/// that remembered a position would be wrong for another database.
pub(crate) struct Feed {
    revocations: Arc<Revocations>,
    path: PathBuf,
    clock: Clock,
    after: i64,
    reachable: bool,
}

impl Feed {
    /// Reads the file, whose revocations count from here on.
    pub(crate) fn open(revocations: Arc<Revocations>, path: PathBuf, clock: Clock) -> Self {
        let now_ms = clock.now_ms();
        file::remove_leftovers(&path);
        let snapshot = file::read(&path).unwrap_or_else(|error| {
            // What was revoked is not known, so nothing that was issued before counts: its bearers have to refresh.
            let path = path.display();
            tracing::error!(%error, %path, "the file of revocations cannot be read: access tokens issued before now are refused");
            Some(Snapshot { floor_ms: now_ms, ..Snapshot::default() })
        });
        let snapshot = snapshot.unwrap_or_default();
        if now_ms.saturating_sub(snapshot.floor_ms) < KEPT_MS {
            revocations.raise_floor(snapshot.floor_ms);
        }
        revocations.apply(snapshot.items, now_ms);
        Self { revocations, path, clock, after: 0, reachable: true }
    }

    /// Polls users and writes the file, until `stop`.
    pub(crate) async fn follow(mut self, users: Users, stop: impl Future<Output = ()>) {
        let mut interval = tokio::time::interval(INTERVAL);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let revocations = self.revocations.clone();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                _ = interval.tick() => self.poll(&users).await,
                () = revocations.changed.notified() => self.persist().await,
            }
        }
        self.persist().await;
    }

    /// Reads what is new, page by page.
    pub(crate) async fn poll(&mut self, users: &Users) {
        loop {
            let page = match users.list_revocations(self.after, PAGE).await {
                Ok(page) => page,
                Err(error) => return self.unreachable(&error.to_string()),
            };
            self.reached();
            let full = page.items.len() >= PAGE && page.next_after > self.after;
            self.after = page.next_after;
            self.revocations.apply(page.items, self.clock.now_ms());
            if !full {
                return;
            }
        }
    }

    fn unreachable(&mut self, error: &str) {
        if self.reachable {
            tracing::warn!(error, "users does not tell its revocations; going on with those that are known");
        }
        self.reachable = false;
    }

    fn reached(&mut self) {
        if !self.reachable {
            tracing::info!("users tells its revocations again");
        }
        self.reachable = true;
    }

    /// Writes the file off the runtime's threads.
    pub(crate) async fn persist(&self) {
        let (items, floor_ms) = self.revocations.live(self.clock.now_ms());
        let snapshot = Snapshot { floor_ms, items };
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || file::write(&path, &snapshot)).await;
        let error = match written {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(error, path = %self.path.display(), "the file of revocations cannot be written");
    }
}
