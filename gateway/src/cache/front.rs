//! What one thread gives often, found without what all threads share: the store notes every look for all of them, and the fields of
//! its answers are counted by whoever holds them.
//!
//! * Nothing is kept alive here: what the store has let go is gone.
//! * Nothing is found here that has changed: the store counts what is done to its keys ([`Store::changes`]), and what was found before
//!   is looked up again.
//! * The store goes on learning what is asked for often, because it is asked again after [`USES`] looks.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

use http::HeaderMap;

use super::Cache;
use super::entry::{Entry, copy};
use super::respond::head;
use super::status;
use super::store::{Store, Variants};

/// So many keys are found here, as long as no two of them want one slot.
const SLOTS: usize = 256;

/// After so many looks the store is asked again.
const USES: u8 = 15;

/// What has a longer key, or more fields than take so many bytes, is found in the store.
const LONGEST_KEY: usize = 512;
const LARGEST_HEAD: usize = 4096;

/// What one thread has found in a cache.
#[derive(Default)]
struct Front {
    of: Weak<Cache>,
    slots: Slots,
    /// Room for a key, which is looked up far more often than it is kept.
    key: Vec<u8>,
}

/// Looks with what this thread has found in `cache`, and with room for a key.
pub(super) fn with<T>(cache: &Arc<Cache>, look: impl FnOnce(&mut Slots, &mut Vec<u8>) -> T) -> T {
    thread_local! {
        static FRONT: RefCell<Front> = RefCell::default();
    }
    FRONT.with_borrow_mut(|front| {
        if !std::ptr::eq(front.of.as_ptr(), Arc::as_ptr(cache)) {
            *front = Front { of: Arc::downgrade(cache), ..Front::default() };
        }
        look(&mut front.slots, &mut front.key)
    })
}

/// One for each remainder of a key's hash.
pub(super) struct Slots(Box<[Slot]>);

impl Default for Slots {
    fn default() -> Self {
        Self((0..SLOTS).map(|_| Slot::default()).collect())
    }
}

impl Slots {
    /// Everything that is kept under `key`, and the slot that gives its fields.
    pub(super) fn find(&mut self, store: &Store, key: &[u8]) -> (Option<Arc<Variants>>, &mut Slot) {
        let hash = store.hash(key);
        let slot = &mut self.0[hash as usize % SLOTS];
        // Before anything is looked up: what changes after that is seen the next time.
        let changes = store.changes(hash);
        (slot.known(key, changes).or_else(|| slot.learn(store, key, changes)), slot)
    }
}

/// What was found last under one key.
#[derive(Default)]
pub(super) struct Slot {
    key: Vec<u8>,
    /// How much had been done to the key, and to others that are counted with it, before it was looked up.
    changes: u64,
    all: Weak<Variants>,
    /// How often it may still be used.
    uses: u8,
    head: Option<Head>,
}

/// The fields of an answer as they are given in one second, in memory of this thread.
struct Head {
    age: u64,
    ttl: i64,
    fields: HeaderMap,
}

impl Slot {
    /// What is known of a key, if that is still so and the store need not hear of it.
    fn known(&mut self, key: &[u8], changes: u64) -> Option<Arc<Variants>> {
        if self.uses == 0 || self.changes != changes || self.key != key {
            return None;
        }
        self.uses -= 1;
        self.all.upgrade()
    }

    /// Asks the store.
    fn learn(&mut self, store: &Store, key: &[u8], changes: u64) -> Option<Arc<Variants>> {
        let all = store.all(key);
        let known = all.as_ref().map(Arc::downgrade).unwrap_or_default();
        if !known.ptr_eq(&self.all) {
            self.head = None;
        }
        self.key.clear();
        // An empty key is nobody's.
        self.key.extend_from_slice(if key.len() <= LONGEST_KEY { key } else { &[] });
        (self.all, self.changes, self.uses) = (known, changes, USES);
        all
    }

    /// The fields of `entry`, which is one of all that were found here, as a hit has them `now`.
    pub(super) fn hit(&mut self, all: &Variants, entry: &Entry, now: i64) -> HeaderMap {
        let (age, ttl) = (entry.age(now), entry.ttl(now));
        if let Some(head) = self.head.as_ref().filter(|head| (head.age, head.ttl) == (age, ttl)) {
            return head.fields.clone();
        }
        let fields = head(entry, now, status::hit(ttl, None));
        // What is asked for once is not worth a copy, and of several answers each would displace the other.
        if self.uses < USES && all.is_one() && entry.head_size() <= LARGEST_HEAD {
            self.head = Some(Head { age, ttl, fields: owned(&fields) });
        }
        fields
    }
}

/// A copy that shares no memory with the original, so that no other thread counts who holds it.
fn owned(headers: &HeaderMap) -> HeaderMap {
    let mut copies = HeaderMap::with_capacity(headers.len());
    headers.iter().for_each(|(name, value)| _ = copies.append(name.clone(), copy(value)));
    copies
}

#[cfg(test)]
mod tests;
