//! When a write that nobody knows the outcome of is over once more.

#![allow(clippy::unwrap_used)]

use super::super::MOST_LATER;
use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

/// A cache in which `places` writes may be ended once more.
fn cache(places: usize) -> Arc<Cache> {
    let cache = Cache::new(1 << 20, None);
    cache.later.forget_permits(MOST_LATER - places);
    Arc::new(cache)
}

/// A write of which nothing is known; its service may be at it for so many milliseconds.
fn write(cache: &Arc<Cache>, within: u64) -> Write {
    Write {
        cache: Arc::clone(cache),
        path: Some("/things/1".into()),
        host: None,
        tags: Vec::new(),
        sent: AtomicBool::new(false),
        repeated: AtomicBool::new(false),
        within: Duration::from_millis(within),
        tasks: Tasks::new(),
    }
}

fn leave(write: Write) {
    write.begins();
    drop(write);
}

async fn all_over(cache: &Cache, places: usize) {
    let is_free = || async { (cache.later.available_permits() == places).then_some(()) };
    testkit::until("every place is free", PATIENCE, is_free).await;
}

#[tokio::test]
async fn what_was_sent_is_over_at_once_and_again_when_its_service_has_no_time_left() {
    let cache = cache(1);
    let began = cache.groups.now();
    leave(write(&cache, 20));
    assert_eq!((cache.groups.now(), cache.later.available_permits()), (began + 1, 0));
    all_over(&cache, 1).await;
    assert_eq!(cache.groups.now(), began + 2);
}

#[tokio::test]
async fn what_was_never_sent_has_changed_nothing() {
    let cache = cache(2);
    let began = cache.groups.now();
    drop(write(&cache, 1));
    assert_eq!(cache.groups.now(), began);
    leave(write(&cache, 40));
    all_over(&cache, 2).await;
    assert_eq!(cache.groups.now(), began + 2);
}

#[tokio::test]
async fn where_too_many_are_to_be_ended_again_one_more_is_over_once() {
    let cache = cache(1);
    let began = cache.groups.now();
    leave(write(&cache, 40));
    leave(write(&cache, 1));
    all_over(&cache, 1).await;
    assert_eq!(cache.groups.now(), began + 3);
}
