//! What there is room for, and which of several answers is found.

#![allow(clippy::unwrap_used)]

use http::header::{ACCEPT_LANGUAGE, CONTENT_LENGTH, VARY};
use http::{HeaderValue, StatusCode};

use super::super::entry::{Made, Validators, counted};
use super::super::policy::Allowance;
use super::super::vary::Selecting;
use super::*;

/// The key of a thing.
pub(in crate::cache) fn key(number: usize) -> Key {
    format!("/things/{number}").into_bytes().into()
}

pub(in crate::cache) fn in_language(language: &str) -> HeaderMap {
    HeaderMap::from_iter([(ACCEPT_LANGUAGE, HeaderValue::from_str(language).unwrap())])
}

/// An answer of so many bytes that was asked for at `sent`, for those who send these fields and for all others alike if `varies` is
/// false.
pub(in crate::cache) fn answer(
    store: &Store,
    bytes: usize,
    sent: Instant,
    request: &HeaderMap,
    varies: bool,
) -> Arc<Entry> {
    let mut headers = HeaderMap::from_iter([(CONTENT_LENGTH, HeaderValue::from(bytes))]);
    if varies {
        headers.insert(VARY, HeaderValue::from_static("accept-language"));
    }
    let allowance = Allowance {
        lifetime: 600_000,
        age: 0,
        while_revalidate: 0,
        if_error: 0,
        must_revalidate: false,
        no_cache: false,
    };
    let made = Made {
        status: StatusCode::OK,
        selecting: Selecting::new(&headers, request, &[]).unwrap(),
        headers,
        body: counted(&vec![b'a'; bytes], store.used()),
        allowance,
        said: Box::default(),
        arrived: now(),
        jitter: 0.0,
        validators: Validators::default(),
        validates: false,
        began: 1,
        sent,
        groups: Box::default(),
    };
    Arc::new(Entry::new(made, store.used()))
}

/// An answer of so many bytes for everybody, asked for now.
pub(in crate::cache) fn plain(store: &Store, bytes: usize) -> Arc<Entry> {
    answer(store, bytes, Instant::now(), &HeaderMap::new(), false)
}

#[test]
fn what_is_not_kept_takes_no_room_from_what_is() {
    let store = Store::new(1 << 20);
    for number in 0..100 {
        assert!(store.keep(key(number), plain(&store, 2048)));
    }
    for number in 1000..30_000 {
        store.pass(key(number), &HeaderMap::new(), Instant::now());
    }
    assert_eq!(store.len(), 100);
    assert!((0..100).all(|number| store.find(&key(number), &HeaderMap::new()).is_some()));
    store.passed.run_pending_tasks();
    assert!(store.passed.entry_count() <= MOST_PASSES);
    store.pass([b'a'; LONGEST_PASSED + 1].into(), &HeaderMap::new(), Instant::now());
    assert!(!store.passes(&[b'a'; LONGEST_PASSED + 1]));
}

#[test]
fn where_nothing_more_is_taken_in_what_is_kept_can_still_be_replaced() {
    let store = Store::new(1 << 20);
    assert!(store.keep(key(1), plain(&store, 1000)));
    let being_sent = counted(&vec![b'a'; 1 << 20], store.used());
    assert!(!store.keep(key(2), plain(&store, 1000)), "no room");
    assert!(store.keep(key(1), plain(&store, 1000)), "no more room than before");
    drop(being_sent);
    assert!(store.keep(key(2), plain(&store, 1000)));
}

#[test]
fn an_answer_that_was_asked_for_before_one_that_is_not_kept_comes_too_late() {
    let store = Store::new(1 << 20);
    let early = plain(&store, 10);
    store.pass(key(1), &HeaderMap::new(), Instant::now());
    assert!(!store.keep(key(1), early) && store.passes(&key(1)));
    assert!(store.keep(key(1), plain(&store, 10)) && !store.passes(&key(1)));
}

#[test]
fn of_several_that_a_request_selects_the_one_that_was_asked_for_last_is_found() {
    let store = Store::new(1 << 20);
    let (german, french) = (in_language("de"), in_language("fr"));
    let times: Vec<Instant> = (0..3).map(|second| Instant::now() + Duration::from_secs(second)).collect();
    let german_one = answer(&store, 10, times[0], &german, true);
    let for_all = answer(&store, 20, times[1], &french, false);
    let later_german = answer(&store, 30, times[2], &german, true);
    for (arrives, found) in [(for_all.clone(), 20), (german_one, 20), (later_german, 30), (for_all, 30)] {
        assert!(store.keep(key(1), arrives));
        assert_eq!(store.find(&key(1), &german).unwrap().body.len(), found);
        assert_eq!(store.find(&key(1), &french).unwrap().body.len(), 20);
    }
}

#[test]
fn there_are_at_most_so_many_answers_for_one_key() {
    let store = Store::new(1 << 20);
    for number in 0..MOST_VARIANTS + 1 {
        let request = in_language(&format!("x-{number}"));
        assert!(store.keep(key(1), answer(&store, 10, Instant::now(), &request, true)));
    }
    let found = |number: &usize| store.find(&key(1), &in_language(&format!("x-{number}"))).is_some();
    assert_eq!((0..=MOST_VARIANTS).filter(|number| found(number)).count(), MOST_VARIANTS);
    assert!(!found(&0), "the oldest gives way");
}
