//! An answer that is kept, with everything that is needed to give it again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};

use bytes::Bytes;
use http::header::{AGE, CACHE_CONTROL, CONTENT_LENGTH, ETAG, LAST_MODIFIED};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::groups::{CACHE_GROUPS, Group};
use super::policy::Allowance;
use super::status::CACHE_STATUS;
use super::vary::Selecting;

/// Stale answers are given without a call so long after the first failed refresh, in milliseconds; twice as long after each
/// further one.
const FIRST_REST: i64 = 1_000;
const LONGEST_REST: i64 = 30_000;

/// What an entry costs beside its own bytes: allocations, the tables of the store.
const OVERHEAD: usize = 640;
/// What a field costs beside its own bytes.
const PER_FIELD: usize = 112;

/// A kept answer. Moments are milliseconds on the clock of [`crate::listener::now_ms`].
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) status: StatusCode,
    /// As a client gets them, but for `Age` and `Cache-Status`.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) selecting: Selecting,
    /// When it was made: its age counts from here.
    made: i64,
    pub(crate) fresh_until: i64,
    while_revalidate_until: i64,
    if_error_until: i64,
    pub(crate) must_revalidate: bool,
    /// What the service allowed.
    pub(crate) allowance: Allowance,
    /// The validators of the service, with which it can be asked whether they still hold.
    pub(crate) validators: Validators,
    /// Whether a client's condition may be answered with it.
    pub(crate) validates: bool,
    /// The number of invalidations when it was asked for.
    pub(crate) began: u64,
    pub(crate) groups: Box<[Group]>,
    pub(crate) checked: AtomicU64,
    refreshing: AtomicBool,
    failures: AtomicU32,
    rests_until: AtomicI64,
    weight: usize,
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

/// What an entry is made of.
pub(crate) struct Made {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) selecting: Selecting,
    pub(crate) allowance: Allowance,
    pub(crate) arrived: i64,
    /// Between 0 and 1: answers that were kept together shall not end together.
    pub(crate) jitter: f64,
    pub(crate) validators: Validators,
    pub(crate) validates: bool,
    pub(crate) began: u64,
    pub(crate) groups: Box<[Group]>,
}

impl Entry {
    /// Up to a tenth is taken of a lifetime; nothing is ever added to what a service allows.
    pub(crate) fn new(made: Made, used: &Arc<AtomicU64>) -> Self {
        let Allowance { lifetime, age, while_revalidate, if_error, must_revalidate } = made.allowance;
        let shortened = lifetime - (lifetime as f64 * made.jitter / 10.0) as i64;
        let moment = made.arrived.saturating_sub(age);
        let fresh_until = moment.saturating_add(shortened);
        let expired = moment.saturating_add(lifetime);
        let weight = weight(&made);
        used.fetch_add(weight as u64, Ordering::Relaxed);
        Self {
            status: made.status,
            headers: made.headers,
            body: made.body,
            selecting: made.selecting,
            made: moment,
            fresh_until,
            while_revalidate_until: expired.saturating_add(while_revalidate),
            if_error_until: expired.saturating_add(if_error),
            must_revalidate,
            allowance: made.allowance,
            validators: made.validators,
            validates: made.validates,
            began: made.began,
            groups: made.groups,
            checked: AtomicU64::new(0),
            refreshing: AtomicBool::new(false),
            failures: AtomicU32::new(0),
            rests_until: AtomicI64::new(i64::MIN),
            weight,
            used: Arc::clone(used),
        }
    }

    /// The bytes that it takes, about.
    pub(crate) fn weight(&self) -> usize {
        self.weight
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
        self.used.fetch_sub(self.weight as u64, Ordering::Relaxed);
    }
}

/// The fields as they are kept: copies, because what came from a connection holds on to the whole buffer that it was read
/// into.
pub(crate) fn kept_fields(headers: &HeaderMap, body: &Bytes) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(headers.len() + 4);
    for (name, value) in headers {
        if name == AGE || name == CACHE_GROUPS || name == CACHE_STATUS {
            continue;
        }
        let mut copy = HeaderValue::from_bytes(value.as_bytes()).unwrap_or(HeaderValue::from_static(""));
        copy.set_sensitive(value.is_sensitive());
        kept.append(name.clone(), copy);
    }
    kept.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    kept
}

/// What the client is told of keeping: only what every caller gets alike may be kept by others, and what the service did not
/// allow by name is asked for again, so that everybody reads their own writes.
pub(crate) fn for_clients(headers: &mut HeaderMap, shared: bool, described: bool) {
    if !shared {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.remove(http::header::EXPIRES);
    } else if !described {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
}

fn weight(made: &Made) -> usize {
    let fields = made.headers.iter().map(|(name, value)| PER_FIELD + name.as_str().len() + value.len());
    OVERHEAD + fields.sum::<usize>() + made.body.len() + made.selecting.size() + made.groups.len() * 8
}
