//! What a thread finds by itself is what it would find in the store.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use http::header::{AGE, CONTENT_LENGTH};

use super::super::status::CACHE_STATUS;
use super::super::store::COUNTERS;
use super::super::store::tests::{answer, in_language, key, plain};
use super::*;

fn cache() -> Arc<Cache> {
    Arc::new(Cache::new(64 << 20, None))
}

fn small_cache() -> Arc<Cache> {
    Arc::new(Cache::new(1 << 20, None))
}

/// What another thread than all others has found.
struct Front<'c> {
    store: &'c Store,
    slots: Slots,
}

impl<'c> Front<'c> {
    fn new(cache: &'c Cache) -> Self {
        Self { store: &cache.store, slots: Slots::default() }
    }
}

/// The size of what is found under a key, if anything is.
fn found(front: &mut Front<'_>, number: usize) -> Option<usize> {
    found_for(front, &key(number), &HeaderMap::new())
}

fn found_for(front: &mut Front<'_>, key: &[u8], request: &HeaderMap) -> Option<usize> {
    front.slots.find(front.store, key).0?.select(request).map(|entry| entry.body.len())
}

/// `Age`, `Cache-Status` and `Content-Length` of a hit so many milliseconds after the answer was made, which is fresh for 600 s.
fn told(front: &mut Front<'_>, request: &HeaderMap, later: i64) -> [String; 3] {
    let (all, slot) = front.slots.find(front.store, &key(1));
    let all = all.unwrap();
    let entry = all.select(request).unwrap();
    let fields = slot.hit(&all, entry, entry.fresh_until - 600_000 + later);
    [AGE, CACHE_STATUS, CONTENT_LENGTH].map(|name| fields.get(name).unwrap().to_str().unwrap().to_owned())
}

#[test]
fn whatever_is_done_to_a_key_is_seen_at_once() {
    let cache = cache();
    let (store, mut front) = (&cache.store, Front::new(&cache));
    assert_eq!(found(&mut front, 1), None);
    for size in [10, 20] {
        store.keep(key(1), plain(store, size));
        assert_eq!(found(&mut front, 1), Some(size));
    }
    let changes: [fn(&Store); 4] = [
        |store| store.forget_all(&key(1)),
        |store| store.forget(key(1), &store.find(&key(1), &HeaderMap::new()).unwrap()),
        |store| store.pass(key(1), &HeaderMap::new(), Instant::now()),
        Store::clear,
    ];
    for (number, change) in changes.iter().enumerate() {
        store.keep(key(1), plain(store, 30));
        let held = store.all(&key(1));
        assert_eq!(found(&mut front, 1), Some(30), "{number}");
        change(store);
        assert_eq!(found(&mut front, 1), None, "{number}, though somebody is still being sent it");
        drop(held);
    }
}

#[test]
fn who_is_told_of_a_change_never_finds_what_was_before_it() {
    const CHANGES: usize = 20_000;
    let (cache, told) = (cache(), AtomicUsize::new(1));
    cache.store.keep(key(1), plain(&cache.store, 1));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut front = Front::new(&cache);
                loop {
                    let at_least = told.load(Ordering::Acquire);
                    assert!(found(&mut front, 1).unwrap() >= at_least);
                    if at_least == CHANGES {
                        break;
                    }
                }
            });
        }
        for size in 2..=CHANGES {
            assert!(cache.store.keep(key(1), plain(&cache.store, size)));
            told.store(size, Ordering::Release);
        }
    });
}

#[test]
fn keys_that_want_one_slot_have_each_their_own() {
    let cache = cache();
    let mut front = Front::new(&cache);
    for number in 0..4 * SLOTS {
        assert!(cache.store.keep(key(number), plain(&cache.store, number)));
    }
    for _ in 0..2 {
        assert!((0..4 * SLOTS).all(|number| found(&mut front, number) == Some(number)));
    }
    let long = [b'a'; LONGEST_KEY + 1];
    for size in [10, 20] {
        assert!(cache.store.keep(long.into(), plain(&cache.store, size)));
        assert_eq!(found_for(&mut front, &long, &HeaderMap::new()), Some(size));
        assert_eq!(found_for(&mut front, &[b'a'; LONGEST_KEY + 2], &HeaderMap::new()), None);
    }
}

#[test]
fn what_the_store_lets_go_is_gone() {
    let cache = small_cache();
    let mut front = Front::new(&cache);
    let entry = plain(&cache.store, 1000);
    let kept = Arc::downgrade(&entry);
    assert!(cache.store.keep(key(1), entry));
    assert_eq!(found(&mut front, 1), Some(1000));
    crowd_out(&cache, &key(1), 0);
    assert!(kept.upgrade().is_none(), "nothing is held here");
    assert_eq!(found(&mut front, 1), None);
}

#[test]
fn the_store_is_asked_again_after_so_many_looks() {
    let cache = small_cache();
    let mut front = Front::new(&cache);
    assert!(cache.store.keep(key(1), plain(&cache.store, 1000)));
    let held = cache.store.all(&key(1));
    assert_eq!(found(&mut front, 1), Some(1000));
    crowd_out(&cache, &key(1), 1);
    let looks = (1..).take_while(|_| found(&mut front, 1).is_some()).count();
    assert_eq!(looks, usize::from(USES), "so long it is found because somebody else holds it");
    drop(held);
}

/// Keeps other things until there is no room for `key`, of which `held` are known. None of them is counted with it, so for a thread
/// it has not changed.
fn crowd_out(cache: &Cache, key: &[u8], held: usize) {
    let store = &cache.store;
    let all = Arc::downgrade(&store.all(key).unwrap());
    let changes = || store.changes(store.hash(key));
    let before = changes();
    for other in (2..10_000).map(super::super::store::tests::key) {
        // What is asked for more often stays.
        (0..16).for_each(|_| drop(store.all(&other)));
        if store.hash(&other) as usize % COUNTERS == store.hash(key) as usize % COUNTERS {
            continue;
        }
        store.keep(other, plain(store, 4096));
        store.len();
        if all.strong_count() == held {
            break;
        }
    }
    assert_eq!((all.strong_count(), changes()), (held, before));
}

#[test]
fn a_hit_says_how_old_it_is_in_each_second_anew() {
    let (cache, asked) = (cache(), HeaderMap::new());
    let mut front = Front::new(&cache);
    for length in [10, 20] {
        assert!(cache.store.keep(key(1), plain(&cache.store, length)));
        for (later, age, ttl) in [(100, 0, 599), (900, 0, 599), (1_100, 1, 598), (60_100, 60, 539), (100, 0, 599)] {
            for _ in 0..3 {
                let expected = [age.to_string(), format!("agora; hit; ttl={ttl}"), length.to_string()];
                assert_eq!(told(&mut front, &asked, later), expected, "{later}");
            }
        }
    }
}

#[test]
fn each_of_several_answers_has_its_own_fields() {
    let cache = cache();
    let (mut front, german, french) = (Front::new(&cache), in_language("de"), in_language("fr"));
    let now = Instant::now();
    for (request, size) in [(&german, 10), (&french, 20)] {
        assert!(cache.store.keep(key(1), answer(&cache.store, size, now, request, true)));
    }
    for _ in 0..20 {
        for (request, size) in [(&german, 10), (&french, 20)] {
            assert_eq!(found_for(&mut front, &key(1), request), Some(size));
            assert_eq!(told(&mut front, request, 100)[2], size.to_string());
        }
    }
}

#[test]
fn a_thread_that_looks_into_another_cache_knows_nothing_of_it_and_keeps_none() {
    let size = |cache: &Arc<Cache>, number| {
        with(cache, |slots, _| {
            let all = slots.find(&cache.store, &key(number)).0.unwrap();
            all.select(&HeaderMap::new()).unwrap().body.len()
        })
    };
    // Each cache has slots of its own for its keys: it takes many until two have the same one.
    for _ in 0..16 {
        let (one, other) = (small_cache(), small_cache());
        for number in 0..512 {
            one.store.keep(key(number), plain(&one.store, 10));
            other.store.keep(key(number), plain(&other.store, 20));
            assert_eq!((size(&one, number), size(&other, number)), (10, 20));
        }
        let gone = Arc::downgrade(&other);
        drop(other);
        assert!(gone.upgrade().is_none());
    }
}
