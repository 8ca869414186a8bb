//! The buckets of one policy, of which there are never more than it may have.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use governor::nanos::Nanos;
use governor::state::keyed::{DashMapStateStore, ShrinkableKeyedStateStore};
use governor::state::{InMemoryState, NotKeyed, StateStore};

use super::key::Key;

/// A sharded map, and one bucket for all whom it has no room for. Its hasher has a random key: addresses are chosen by
/// whoever attacks.
#[derive(Debug)]
pub(super) struct Buckets {
    known: DashMapStateStore<Key>,
    /// How many are known. Threads that meet strangers at the same moment may go over the bound by one each.
    count: AtomicUsize,
    most: usize,
    strangers: InMemoryState,
}

impl Buckets {
    pub(super) fn new(most: usize) -> Self {
        Self {
            known: DashMapStateStore::default(),
            count: AtomicUsize::new(0),
            most,
            strangers: InMemoryState::default(),
        }
    }
}

impl StateStore for Buckets {
    type Key = Key;

    fn measure_and_replace<T, F, E>(&self, key: &Key, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        if let Some(state) = self.known.get(key) {
            return state.measure_and_replace(&NotKeyed::NonKey, f);
        }
        if self.count.load(Relaxed) >= self.most {
            return self.strangers.measure_and_replace(&NotKeyed::NonKey, f);
        }
        let state = self.known.entry(*key).or_insert_with(|| {
            self.count.fetch_add(1, Relaxed);
            InMemoryState::default()
        });
        state.measure_and_replace(&NotKeyed::NonKey, f)
    }
}

impl ShrinkableKeyedStateStore<Key> for Buckets {
    fn retain_recent(&self, drop_below: Nanos) {
        self.known.retain_recent(drop_below);
        // Who came while the shards were counted is counted at the next sweep.
        self.count.store(self.known.len(), Relaxed);
    }

    fn shrink_to_fit(&self) {
        self.known.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.known.len()
    }

    fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}
