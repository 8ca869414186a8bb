//! Answers that are kept and given again (RFC 9111): the phases *look up* and *admit*.
//!
//! Guarantees:
//!
//! * A kept answer is given only to those who may share it: services are told exactly as much of the caller as the key of
//!   the answer knows ([`key`]), so an answer cannot depend on more.
//! * After a write has been answered, nothing is given that was asked for before it ([`groups`]).
//! * Many requests for one thing that is not kept are one call ([`flight`]); a client that leaves takes no answer from others.
//! * The answers take the bytes of the budget and an eighth more at most ([`store`]), those included that are evicted and still
//!   being sent.
//!
//! What an answer's fields allow is worked out once, when it arrives ([`policy`]); giving it again compares numbers.

mod asking;
pub(crate) mod clients;
mod conditional;
mod control;
mod entry;
mod fill;
mod flight;
mod freshness;
mod front;
mod groups;
mod inquiry;
mod key;
mod led;
mod look_up;
mod policy;
mod respond;
mod said;
mod spare;
mod status;
mod store;
mod tag;
mod terms;
mod vary;
mod write;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::HeaderMap;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use upstream::Witness;

use crate::metrics;

use flight::Flights;
use groups::{CACHE_GROUP_INVALIDATION, Groups};
use store::Store;

pub(crate) use freshness::Times;
pub(crate) use groups::take_out as take_out_groups;
pub(crate) use inquiry::Inquiry;
pub(crate) use key::{partition, visible};
pub(crate) use look_up::{Looked, Peer, look_up, sends_cookies};
pub(crate) use spare::Spare;
pub(crate) use status::Outcome;
pub(crate) use tag::of_parts;
pub(crate) use terms::Terms;
pub(crate) use write::Write;

/// What is kept, for all threads. It outlives a plan.
#[derive(Debug)]
pub(crate) struct Cache {
    store: Store,
    groups: Arc<Groups>,
    flights: Arc<Flights>,
    /// One for each write that is ended a second time.
    later: Arc<Semaphore>,
}

/// Writes of which nobody knows what came of them, and that are ended a second time; what is more is ended once.
const MOST_LATER: usize = 4096;

impl Cache {
    /// A cache of at most `bytes`. What `old` knows of changes it knows too: a write that is under way may end in either.
    pub(crate) fn new(bytes: u64, old: Option<&Self>) -> Self {
        let groups = old.map(|old| Arc::clone(&old.groups)).unwrap_or_default();
        let later = Arc::new(Semaphore::new(MOST_LATER));
        Self { store: Store::new(bytes), groups, flights: Arc::default(), later }
    }

    /// Ends what a service says that a change has made invalid.
    fn end_named(&self, answer: &HeaderMap) {
        if answer.contains_key(CACHE_GROUP_INVALIDATION) {
            let named = groups::listed(answer, &CACHE_GROUP_INVALIDATION).unwrap_or_default();
            self.groups.invalidate(named.iter().map(|name| self.groups.named(name)));
        }
    }

    /// The bytes that it may take.
    pub(crate) fn budget(&self) -> u64 {
        self.store.budget()
    }

    /// Forgets every answer of the group `name`.
    pub(crate) fn purge_tag(&self, name: &str) {
        self.groups.invalidate([self.groups.named(name)]);
    }

    /// Forgets every answer at `path`, with whatever query and for whomever.
    pub(crate) fn purge_path(&self, path: &str) {
        self.groups.invalidate([self.groups.of_path(path)]);
    }

    /// Forgets everything.
    pub(crate) fn purge_all(&self) {
        self.groups.invalidate_all();
        self.store.clear();
    }

    /// How full it is.
    pub(crate) fn stats(&self) -> Value {
        json!({
            "keys": self.store.len(),
            "bytes": self.used(),
            "budget": self.budget(),
            "invalidations": self.groups.now() - 1,
        })
    }

    /// How full it is, in Prometheus' text format.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        let gauges = [
            (
                "agora_cache_bytes",
                "The memory that kept answers take, about, those included that are still being sent.",
                self.used(),
            ),
            ("agora_cache_budget_bytes", "The memory that kept answers may take, in bytes.", self.budget()),
            ("agora_cache_keys", "What answers are kept for, about.", self.store.len()),
        ];
        for (name, help, value) in gauges {
            metrics::head(&mut text, name, "gauge", help);
            metrics::line(&mut text, name, "", value);
        }
        text
    }

    fn used(&self) -> u64 {
        self.store.used().load(Ordering::Relaxed)
    }
}

/// For calls that belong to no route: what the gateway's own operations hand on has been made invalid.
impl Witness for Cache {
    fn head(&self, headers: &HeaderMap) {
        self.end_named(headers);
    }
}
