//! An answer that is kept, with everything that is needed to give it again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use http::header::{AGE, CONTENT_LENGTH, DATE, ETAG, LAST_MODIFIED, TRAILER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use problem::REQUEST_ID;

use super::freshness::{self, Times};
use super::groups::{CACHE_GROUPS, Group};
use super::policy::Allowance;
use super::said::Said;
use super::status::{self, CACHE_STATUS};
use super::vary::Selecting;
use crate::fields;

/// Stale answers are given without a call so long after the first failed refresh, in milliseconds; twice as long after each
/// further one.
const FIRST_REST: i64 = 1_000;
const LONGEST_REST: i64 = 30_000;

/// What one client asked for; the answer is the same for others.
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// What an entry costs beside its own bytes: allocations, the tables of the store.
const OVERHEAD: usize = 640;
/// What a field costs beside its own bytes.
const PER_FIELD: usize = 112;

/// A kept answer. Moments are milliseconds on the clock of [`crate::listener::now_ms`].
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) status: StatusCode,
    /// As a client gets them, but for what is said anew each time ([`with_places`]).
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) selecting: Selecting,
    /// When it was made: its age counts from here.
    made: i64,
    pub(crate) fresh_until: i64,
    while_revalidate_until: i64,
    if_error_until: i64,
    /// What the service allowed.
    pub(crate) allowance: Allowance,
    /// In which words.
    pub(super) said: Said,
    /// The validators of the service, with which it can be asked whether they still hold.
    pub(crate) validators: Validators,
    /// Whether a client's condition may be answered with it.
    pub(crate) validates: bool,
    /// The number of invalidations when it was asked for.
    pub(crate) began: u64,
    /// When it was asked for.
    pub(crate) sent: Instant,
    pub(crate) groups: Box<[Group]>,
    pub(crate) checked: AtomicU64,
    refreshing: AtomicBool,
    failures: AtomicU32,
    rests_until: AtomicI64,
    weight: usize,
    /// What of it is not the body's, which counts itself.
    own: u64,
    used: Arc<AtomicU64>,
}

/// What a service can be asked by whether an answer still holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Validators {
    pub(crate) etag: Option<HeaderValue>,
    pub(crate) last_modified: Option<HeaderValue>,
}

impl Validators {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self { etag: headers.get(ETAG).cloned(), last_modified: headers.get(LAST_MODIFIED).cloned() }
    }

    pub(crate) fn is_none(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// What an entry is made of. The body is [`counted`] by whoever makes it: an answer that still holds goes on with the one
/// that is kept.
pub(crate) struct Made {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) selecting: Selecting,
    pub(crate) allowance: Allowance,
    pub(super) said: Said,
    pub(crate) arrived: i64,
    /// Between 0 and 1: answers that were kept together shall not end together.
    pub(crate) jitter: f64,
    pub(crate) validators: Validators,
    pub(crate) validates: bool,
    pub(crate) began: u64,
    pub(crate) sent: Instant,
    pub(crate) groups: Box<[Group]>,
}

impl Entry {
    /// Up to a tenth is taken of a lifetime; nothing is ever added to what a service allows.
    pub(crate) fn new(made: Made, used: &Arc<AtomicU64>) -> Self {
        let Allowance { lifetime, age, while_revalidate, if_error, .. } = made.allowance;
        let shortened = lifetime - (lifetime as f64 * made.jitter / 10.0) as i64;
        let moment = made.arrived.saturating_sub(age);
        let fresh_until = moment.saturating_add(shortened);
        let expired = moment.saturating_add(lifetime);
        let weight = weight(&made);
        let own = (weight - occupied(made.body.len())) as u64;
        used.fetch_add(own, Ordering::Relaxed);
        Self {
            status: made.status,
            headers: made.headers,
            body: made.body,
            selecting: made.selecting,
            made: moment,
            fresh_until,
            while_revalidate_until: expired.saturating_add(while_revalidate),
            if_error_until: expired.saturating_add(if_error),
            allowance: made.allowance,
            said: made.said,
            validators: made.validators,
            validates: made.validates,
            began: made.began,
            sent: made.sent,
            groups: made.groups,
            checked: AtomicU64::new(0),
            refreshing: AtomicBool::new(false),
            failures: AtomicU32::new(0),
            rests_until: AtomicI64::new(i64::MIN),
            weight,
            own,
            used: Arc::clone(used),
        }
    }

    /// The bytes that it takes, about.
    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    /// The bytes of it that are not the body, about.
    pub(crate) fn head_size(&self) -> usize {
        usize::try_from(self.own).unwrap_or(usize::MAX)
    }

    /// Its age in whole seconds.
    pub(crate) fn age(&self, now: i64) -> u64 {
        u64::try_from((now - self.made).max(0) / 1000).unwrap_or_default()
    }

    /// For how many seconds it is still fresh; negative after that.
    pub(crate) fn ttl(&self, now: i64) -> i64 {
        (self.fresh_until - now).div_euclid(1000)
    }

    pub(crate) fn is_fresh(&self, now: i64) -> bool {
        now < self.fresh_until
    }

    /// Whether it may be given while a fresh one is asked for.
    pub(crate) fn serves_while_revalidating(&self, now: i64) -> bool {
        now < self.while_revalidate_until
    }

    /// Whether it may be given to somebody who says nothing of it.
    pub(crate) fn is_usable(&self, now: i64) -> bool {
        self.is_fresh(now) || self.serves_while_revalidating(now)
    }

    /// Whether it may be given where no fresh one is to be had.
    pub(crate) fn serves_on_error(&self, now: i64) -> bool {
        now < self.if_error_until
    }

    /// After this it is of no use, unless a service says that it still holds.
    pub(crate) fn useful_until(&self) -> i64 {
        self.fresh_until.max(self.while_revalidate_until).max(self.if_error_until)
    }

    /// Takes the right to refresh it, which one at a time has.
    pub(crate) fn begins_refresh(&self) -> bool {
        !self.refreshing.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn refresh_ended(&self) {
        self.refreshing.store(false, Ordering::Release);
    }

    /// A refresh has failed: the next one waits.
    pub(crate) fn refresh_failed(&self, now: i64) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).min(8);
        self.rests_until.store(now.saturating_add((FIRST_REST << failures).min(LONGEST_REST)), Ordering::Relaxed);
    }

    /// Whether a refresh failed so recently that none is tried.
    pub(crate) fn rests(&self, now: i64) -> bool {
        now < self.rests_until.load(Ordering::Relaxed)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.used.fetch_sub(self.own, Ordering::Relaxed);
    }
}

/// The bytes of a body, counted until the last client has been sent them: an entry may be gone long before.
struct Counted {
    bytes: Box<[u8]>,
    used: Arc<AtomicU64>,
}

/// A copy of a body, counted in `used`. It is of the exact size: what came from a connection may hold on to a much larger
/// buffer.
pub(crate) fn counted(body: &[u8], used: &Arc<AtomicU64>) -> Bytes {
    used.fetch_add(occupied(body.len()) as u64, Ordering::Relaxed);
    Bytes::from_owner(Counted { bytes: body.into(), used: Arc::clone(used) })
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.used.fetch_sub(occupied(self.bytes.len()) as u64, Ordering::Relaxed);
    }
}

/// The fields as they are kept: copies, because what came from a connection holds on to the whole buffer that it was read
/// into.
///
/// Whoever says no `Date` is taken to have answered when the answer arrived (RFC 9110, section 6.6.1).
pub(crate) fn kept_fields(headers: &HeaderMap, times: Times) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(headers.len() + fields::ADDED);
    for (name, value) in headers {
        // Of the length hyper tells, from the body that is sent.
        if [AGE, CONTENT_LENGTH, TRAILER, CACHE_GROUPS, PREFERENCE_APPLIED].contains(name) {
            continue;
        }
        kept.append(name.clone(), copy(value));
    }
    if !kept.contains_key(DATE) {
        kept.insert(DATE, freshness::written(times.arrived_wall));
    }
    kept
}

/// What many answers say needs no memory, and nobody has to count who holds it.
const COMMON: [&str; 7] = [
    fields::OWN_VIA,
    "application/json",
    "application/problem+json",
    "text/html; charset=utf-8",
    "accept-encoding",
    "no-cache",
    "nosniff",
];

/// The same value in memory of its own.
pub(super) fn copy(value: &HeaderValue) -> HeaderValue {
    let common = COMMON.iter().find(|common| common.as_bytes() == value.as_bytes());
    let mut copy = match common {
        Some(common) => HeaderValue::from_static(common),
        None => HeaderValue::from_bytes(value.as_bytes()).unwrap_or(HeaderValue::from_static("")),
    };
    copy.set_sensitive(value.is_sensitive());
    copy
}

/// Between 0 and 1, another one each time.
pub(crate) fn jitter(seed: u64) -> f64 {
    use std::hash::BuildHasher as _;
    thread_local! {
        static RANDOM: hashbrown::DefaultHashBuilder = hashbrown::DefaultHashBuilder::default();
    }
    let bits = RANDOM.with(|random| random.hash_one((seed, Instant::now())));
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Fields with a place for each that is set anew whenever they are given to somebody: so a copy of them has not to grow.
pub(crate) fn with_places(mut headers: HeaderMap) -> HeaderMap {
    for name in [AGE, REQUEST_ID, X_CONTENT_TYPE_OPTIONS] {
        headers.insert(name, HeaderValue::from_static(""));
    }
    let earlier = status::earlier(&headers);
    headers.insert(CACHE_STATUS, earlier);
    // A clone has no more room than it needs.
    headers.clone()
}

fn weight(made: &Made) -> usize {
    let said = made.said.iter().map(|(name, value)| (name, value));
    let fields = made.headers.iter().chain(said).map(|(name, value)| PER_FIELD + name.as_str().len() + value.len());
    let rest = OVERHEAD + fields.sum::<usize>() + made.selecting.size() + made.groups.len() * 8;
    occupied(rest) + occupied(made.body.len())
}

/// The memory that so many bytes take, the holes between them included: half as much again. An allocator keeps what a thread has
/// freed for that thread, so what moves between threads is there twice for a while; `make soak` moves it on purpose.
fn occupied(bytes: usize) -> usize {
    bytes + bytes / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_says_the_same_and_is_as_sensitive() {
        for text in COMMON.into_iter().chain(["", "no-cache, private", "Application/json", "a"]) {
            for sensitive in [false, true] {
                let mut value = HeaderValue::from_static(text);
                value.set_sensitive(sensitive);
                let copy = copy(&value);
                assert_eq!((copy.as_bytes(), copy.is_sensitive()), (text.as_bytes(), sensitive));
            }
        }
    }
}
