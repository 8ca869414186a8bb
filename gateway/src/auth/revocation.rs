//! Which access tokens no longer count although they verify.
//!
//! A revocation names a session (`sid`) or a user (`sub`, with the moment before which every token is refused). It matters
//! for as long as a token issued before it could still be valid, so it is kept for 15 minutes. Revocations come from users,
//! which is polled, and from what this gateway did itself, which counts at once. The live ones are also in a file, so a
//! restart knows them while users is down; and while users is down, verification goes on with what is known.
//!
//! The set is bounded. Were it ever full, the oldest revocations become a floor: tokens issued before the newest of those
//! are refused whoever they belong to, which costs their bearers a refresh and lets nobody through.

mod feed;
mod file;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::token::AccessToken;

pub(crate) use feed::Feed;

/// How long a revocation is kept: at least as long as an access token is accepted, see [`super::LONGEST_TTL`].
pub(crate) const KEPT_MS: i64 = 15 * 60 * 1000;
/// The most revocations that are kept one by one.
const CAPACITY: usize = 50_000;

/// What a revocation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// One session: none of its tokens counts, whenever it was issued.
    Sid,
    /// One user: no token that was issued before the moment counts.
    Sub,
}

/// One revocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Revocation {
    pub(crate) kind: Kind,
    pub(crate) subject: String,
    /// In milliseconds since the epoch.
    pub(crate) not_before: i64,
}

/// The revocations that are known here. Reading them takes no lock unless something has changed since the reader last looked
/// at [`Revocations::generation`].
pub(crate) struct Revocations {
    generation: AtomicU64,
    known: RwLock<Known>,
    changed: Notify,
    capacity: usize,
}

#[derive(Default)]
struct Known {
    entries: HashMap<Kind, HashMap<String, i64>>,
    floor_ms: i64,
}

impl Revocations {
    pub(crate) fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    fn with_capacity(capacity: usize) -> Self {
        let (generation, known) = (AtomicU64::new(0), RwLock::default());
        Self { generation, known, changed: Notify::new(), capacity }
    }

    /// A number that changes with every new revocation (and every change of keys): while it is the same, what was decided
    /// about a token still holds.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Makes everybody who remembers a decision decide again.
    pub(crate) fn advance(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether this token no longer counts.
    pub(crate) fn is_revoked(&self, token: &AccessToken) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if token.issued_at_ms < known.floor_ms {
            return true;
        }
        let sid = token.principal.sid.as_deref().and_then(|sid| known.not_before(Kind::Sid, sid));
        let sub = token.principal.sub.as_deref().and_then(|sub| known.not_before(Kind::Sub, sub));
        sid.is_some() || sub.is_some_and(|not_before| token.issued_at_ms < not_before)
    }

    /// Adds revocations; from now on they count. Returns whether any of them was new.
    pub(crate) fn apply(&self, revocations: impl IntoIterator<Item = Revocation>, now_ms: i64) -> bool {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = false;
        for revocation in revocations {
            if now_ms.saturating_sub(revocation.not_before) < KEPT_MS {
                changed |= known.add(revocation);
            }
        }
        if changed {
            known.prune(now_ms);
            known.make_room(self.capacity);
            drop(known);
            self.advance();
            self.changed.notify_one();
        }
        changed
    }

    /// Refuses every token that was issued before `floor_ms`.
    fn raise_floor(&self, floor_ms: i64) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.floor_ms = known.floor_ms.max(floor_ms);
        drop(known);
        self.advance();
    }

    /// What is live at `now_ms`, and the floor.
    fn live(&self, now_ms: i64) -> (Vec<Revocation>, i64) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.prune(now_ms);
        (known.list(), known.floor_ms)
    }
}

impl Known {
    fn not_before(&self, kind: Kind, subject: &str) -> Option<i64> {
        self.entries.get(&kind)?.get(subject).copied()
    }

    /// Returns whether this says more than what was known.
    fn add(&mut self, new: Revocation) -> bool {
        let entry = self.entries.entry(new.kind).or_default().entry(new.subject).or_insert(i64::MIN);
        let later = new.not_before > *entry;
        *entry = new.not_before.max(*entry);
        later
    }

    fn prune(&mut self, now_ms: i64) {
        for entries in self.entries.values_mut() {
            entries.retain(|_, not_before| now_ms.saturating_sub(*not_before) < KEPT_MS);
        }
    }

    fn list(&self) -> Vec<Revocation> {
        let entries = self.entries.iter().flat_map(|(kind, entries)| entries.iter().map(move |entry| (*kind, entry)));
        entries
            .map(|(kind, (subject, not_before))| Revocation { kind, subject: subject.clone(), not_before: *not_before })
            .collect()
    }

    /// Turns the oldest half into a floor if there are too many.
    fn make_room(&mut self, capacity: usize) {
        if self.entries.values().map(HashMap::len).sum::<usize>() <= capacity {
            return;
        }
        let mut times: Vec<i64> = self.entries.values().flat_map(|entries| entries.values().copied()).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        self.floor_ms = self.floor_ms.max(median.saturating_add(1));
        for entries in self.entries.values_mut() {
            entries.retain(|_, not_before| *not_before > median);
        }
        tracing::warn!("more revocations than are kept: access tokens issued before now have to be refreshed");
    }
}

#[cfg(test)]
#[path = "revocation/tests.rs"]
mod tests;
