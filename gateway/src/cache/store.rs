//! Where answers are kept: several for one key, where they depend on more than that, and no more bytes than the budget and
//! the little that is still being sent.

use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hashbrown::DefaultHashBuilder;
use http::HeaderMap;
use moka::Expiry;
use moka::ops::compute::Op;
use moka::sync;

use super::entry::Entry;
use super::freshness::now;
use super::key::Key;

/// The most answers for one key; the oldest gives way.
const MOST_VARIANTS: usize = 16;

/// How long requests for something that is not kept do not wait for one another.
const PASSES: Duration = Duration::from_secs(30);

/// Of so many things it is remembered that they are not kept, and of none whose key is longer. Anybody can ask for things that do not
/// exist, so this has a place of its own, and takes none from answers.
const MOST_PASSES: u64 = 8192;
const LONGEST_PASSED: usize = 1024;

/// What is of no use any more is kept a little longer, because a service may say that it still holds.
const GRACE: Duration = Duration::from_secs(60);

/// So many counters of changes there are. After a change each thread looks again for one key in so many.
pub(super) const COUNTERS: usize = 1024;

/// How far the bytes in use may exceed the budget before nothing more is taken in: what is evicted leaves memory only when
/// the last client has been sent it.
const SLACK: u64 = 8;

/// The kept answers.
#[derive(Debug)]
pub(crate) struct Store {
    kept: sync::Cache<Key, Arc<Variants>, DefaultHashBuilder>,
    /// When the last answer was asked for that is not kept.
    passed: sync::Cache<Key, Instant, DefaultHashBuilder>,
    budget: u64,
    used: Arc<AtomicU64>,
    hasher: DefaultHashBuilder,
    /// How often something was done to the keys of each remainder.
    changes: Box<[AtomicU64]>,
}

/// The answers for one key; what was asked for last comes first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variants {
    entries: Vec<Arc<Entry>>,
}

impl Variants {
    /// The answer that is for a request with these fields.
    pub(super) fn select(&self, request: &HeaderMap) -> Option<&Arc<Entry>> {
        self.entries.iter().find(|entry| entry.selecting.matches(request))
    }

    /// Whether there is one answer for all.
    pub(super) fn is_one(&self) -> bool {
        self.entries.len() == 1
    }

    /// What tells this request from others for the same key, as far as that is known: they do not wait for one another.
    pub(super) fn variant(&self, request: &HeaderMap) -> Vec<u8> {
        self.entries.first().map_or_else(Vec::new, |latest| latest.selecting.variant(request))
    }
}

impl Store {
    /// A store of at most `budget` bytes.
    pub(crate) fn new(budget: u64) -> Self {
        let weigh = |key: &Key, variants: &Arc<Variants>| {
            let bytes: usize = variants.entries.iter().map(|entry| entry.weight()).sum();
            u32::try_from(key.len() + 128 + bytes).unwrap_or(u32::MAX)
        };
        let kept = sync::Cache::builder().max_capacity(budget).weigher(weigh).expire_after(Useful);
        let passed = sync::Cache::builder().max_capacity(MOST_PASSES).time_to_live(PASSES);
        Self {
            kept: kept.build_with_hasher(DefaultHashBuilder::default()),
            passed: passed.build_with_hasher(DefaultHashBuilder::default()),
            budget,
            used: Arc::default(),
            hasher: DefaultHashBuilder::default(),
            changes: (0..COUNTERS).map(|_| AtomicU64::default()).collect(),
        }
    }

    pub(crate) fn budget(&self) -> u64 {
        self.budget
    }

    /// The bytes that answers take, those included that are evicted and still being sent.
    pub(crate) fn used(&self) -> &Arc<AtomicU64> {
        &self.used
    }

    /// How many keys there are, about.
    pub(crate) fn len(&self) -> u64 {
        self.kept.run_pending_tasks();
        self.kept.entry_count()
    }

    /// What is kept under `key` for a request with these fields.
    pub(crate) fn find(&self, key: &[u8], request: &HeaderMap) -> Option<Arc<Entry>> {
        self.all(key)?.select(request).cloned()
    }

    /// Everything that is kept under `key`; never none of it.
    pub(super) fn all(&self, key: &[u8]) -> Option<Arc<Variants>> {
        self.kept.get(key)
    }

    /// By what [`changes`](Self::changes) knows a key.
    pub(super) fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash_one(key)
    }

    /// A number that is another one after each change of what is kept under a key of this hash; what the store lets go to make room
    /// is no change. Whoever reads it before they look, and finds it the same later, would find the same.
    pub(super) fn changes(&self, hash: u64) -> u64 {
        self.counter(hash).map_or(0, |counter| counter.load(Ordering::Acquire))
    }

    fn counter(&self, hash: u64) -> Option<&AtomicU64> {
        self.changes.get(hash as usize % COUNTERS)
    }

    /// Behind the change itself: whoever sees the number sees it.
    fn changed(&self, hash: u64) {
        if let Some(counter) = self.counter(hash) {
            counter.fetch_add(1, Ordering::Release);
        }
    }

    /// Whether it is known that what is asked for here is not kept.
    pub(crate) fn passes(&self, key: &[u8]) -> bool {
        self.passed.contains_key(key)
    }

    /// Keeps an answer in the place of the one that the same requests select. Says whether it is kept: there may be
    /// no room, or an answer that was asked for later. What takes the place of another one needs no more room.
    pub(crate) fn keep(&self, key: Key, entry: Arc<Entry>) -> bool {
        let is_full = self.is_full();
        let mut is_kept = false;
        self.change(key.clone(), |variants| {
            let same = variants.entries.iter().find(|known| known.selecting == entry.selecting);
            // Of two answers the one that was asked for later counts, whichever arrives later (RFC 9111, section 4).
            let passed = self.passed.get(&key);
            let is_latest = same.map(|known| known.sent).max(passed).is_none_or(|known| known <= entry.sent);
            is_kept = is_latest && (!is_full || same.is_some());
            if is_kept {
                variants.entries.retain(|known| known.selecting != entry.selecting);
                // Also of those that are selected otherwise: a request may select several.
                let place = variants.entries.partition_point(|known| known.sent > entry.sent);
                variants.entries.insert(place, entry);
                variants.entries.truncate(MOST_VARIANTS);
            }
        });
        if is_kept {
            self.passed.invalidate(&key);
        }
        is_kept
    }

    fn is_full(&self) -> bool {
        let exceeds = || self.used.load(Ordering::Relaxed) > self.budget + self.budget / SLACK;
        exceeds() && {
            self.kept.run_pending_tasks();
            exceeds()
        }
    }

    /// Remembers for a while that what is asked for here is not kept, and forgets what was kept for such a request and was
    /// asked for before `sent`.
    pub(crate) fn pass(&self, key: Key, request: &HeaderMap, sent: Instant) {
        // First, so that what was asked for earlier sees it or is seen.
        if key.len() <= LONGEST_PASSED {
            self.passed.insert(key.clone(), sent);
        }
        self.change(key, |variants| {
            variants.entries.retain(|known| known.sent > sent || !known.selecting.matches(request));
        });
    }

    /// Forgets all that is kept under `key`.
    pub(crate) fn forget_all(&self, key: &[u8]) {
        self.kept.invalidate(key);
        self.changed(self.hash(key));
    }

    /// Forgets an answer that turned out not to hold.
    pub(crate) fn forget(&self, key: Key, entry: &Arc<Entry>) {
        self.change(key, |variants| variants.entries.retain(|known| !Arc::ptr_eq(known, entry)));
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.kept.invalidate_all();
        self.passed.invalidate_all();
        self.changes.iter().for_each(|counter| _ = counter.fetch_add(1, Ordering::Release));
        self.kept.run_pending_tasks();
    }

    fn change(&self, key: Key, change: impl FnOnce(&mut Variants)) {
        let hash = self.hash(&key);
        self.kept.entry(key).and_compute_with(|known| {
            let mut variants = known.map_or_else(Variants::default, |known| (**known.value()).clone());
            change(&mut variants);
            if variants.entries.is_empty() {
                return Op::Remove;
            }
            Op::Put(Arc::new(variants))
        });
        self.changed(hash);
    }
}

/// Variants end with the last that is of use.
struct Useful;

impl Useful {
    fn left(variants: &Variants) -> Duration {
        let now = now();
        let last = variants.entries.iter().map(|entry| entry.useful_until()).max().unwrap_or(now);
        Duration::from_millis((last - now).max(0).unsigned_abs()) + GRACE
    }
}

impl Expiry<Key, Arc<Variants>> for Useful {
    fn expire_after_create(&self, _: &Key, variants: &Arc<Variants>, _: Instant) -> Option<Duration> {
        Some(Self::left(variants))
    }

    fn expire_after_update(
        &self,
        _: &Key,
        variants: &Arc<Variants>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(Self::left(variants))
    }
}

#[cfg(test)]
pub(super) mod tests;
