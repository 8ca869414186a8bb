//! Follows the revocations that users records, and keeps the file up to date.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::file::{self, Snapshot};
use super::{KEPT_MS, Revocations};
use crate::auth::clock::Clock;
use crate::auth::users::{Recorded, Users};

/// How often users is asked.
const INTERVAL: Duration = Duration::from_millis(500);
/// How many revocations are asked for at once.
const PAGE: usize = 500;
/// For how long numbers below the highest one are asked for again: a number is given out before its transaction commits, so a
/// lower one may become visible after a higher one.
const OVERLAP_MS: i64 = 10_000;

/// Follows users' list of revocations from where the file says that it was left.
pub(crate) struct Feed {
    revocations: Arc<Revocations>,
    path: PathBuf,
    clock: Clock,
    /// Everything up to this number has been read for good.
    settled: i64,
    /// Numbers after it, and when each was first seen.
    recent: VecDeque<(i64, i64)>,
    reachable: bool,
}

impl Feed {
    /// Reads the file, whose revocations count from here on.
    pub(crate) fn open(revocations: Arc<Revocations>, path: PathBuf, clock: Clock) -> Self {
        let now_ms = clock.now_ms();
        let snapshot = file::read(&path).unwrap_or_else(|error| {
            // What was revoked is not known, so nothing that was issued before counts: its bearers have to refresh.
            tracing::error!(%error, path = %path.display(), "the file of revocations cannot be read: access tokens issued before now are refused");
            Some(Snapshot { floor_ms: now_ms, ..Snapshot::default() })
        });
        let snapshot = snapshot.unwrap_or_default();
        if now_ms.saturating_sub(snapshot.floor_ms) < KEPT_MS {
            revocations.raise_floor(snapshot.floor_ms);
        }
        revocations.apply(snapshot.items, now_ms);
        Self { revocations, path, clock, settled: snapshot.after, recent: VecDeque::new(), reachable: true }
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
        let mut after = self.settled;
        loop {
            let page = match users.list_revocations(after, PAGE).await {
                Ok(page) => page,
                Err(error) => return self.unreachable(&error.to_string()),
            };
            self.reached();
            let full = page.len() >= PAGE;
            let last = page.iter().map(|recorded| recorded.id).max();
            self.take(page);
            match last {
                Some(last) if full && last > after => after = last,
                _ => return self.settle(),
            }
        }
    }

    fn take(&mut self, page: Vec<Recorded>) {
        let now_ms = self.clock.now_ms();
        for recorded in &page {
            if !self.recent.iter().any(|(id, _)| *id == recorded.id) {
                self.recent.push_back((recorded.id, now_ms));
            }
        }
        self.revocations.apply(page.into_iter().map(|recorded| recorded.revocation), now_ms);
    }

    /// Forgets numbers that are old enough for everything below them to have become visible.
    fn settle(&mut self) {
        let before = self.clock.now_ms().saturating_sub(OVERLAP_MS);
        while let Some((id, seen)) = self.recent.front().copied() {
            if seen > before {
                break;
            }
            self.settled = self.settled.max(id);
            self.recent.pop_front();
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
    pub(crate) async fn persist(&mut self) {
        let (items, floor_ms) = self.revocations.live(self.clock.now_ms());
        let snapshot = Snapshot { after: self.settled, floor_ms, items };
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
