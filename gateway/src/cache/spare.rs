//! What a part of a composed answer answered last, for the time when it does not (RFC 5861, section 4): raw, as its service
//! sent it, for the caller who asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};

use super::Cache;
use super::control::Directives;
use super::entry::{self, Entry, Made, Validators};
use super::freshness::{self, Times, now};
use super::groups::{self, CACHE_GROUPS, MOST};
use super::key::Key;
use super::policy::Allowance;
use super::vary::Selecting;

/// One call of a part, from before it is made.
pub(crate) struct Spare {
    key: Key,
    if_error: Duration,
    /// Whether it is made for one user.
    signed_in: bool,
    began: u64,
    sent: Instant,
}

impl Spare {
    /// A call that `key` tells from all others. Its answer may stand in for so long after it was made.
    pub(crate) fn new(cache: &Cache, key: Key, if_error: Duration, signed_in: bool) -> Self {
        Self { key, if_error, signed_in, began: cache.groups.now(), sent: Instant::now() }
    }

    /// Keeps the answer to a request with these fields, if that is allowed; `place` is the public path of what it shows. Where it is
    /// not, there is none any more that could stand in.
    pub(crate) fn keep(
        self,
        cache: &Cache,
        request: &HeaderMap,
        answer: &HeaderMap,
        (place, body): (Option<&str>, &Bytes),
    ) {
        let (allowed, targeted) = Directives::of_answer(answer);
        let forbidden = allowed.no_store || allowed.forbid_stale(targeted) || (allowed.private && !self.signed_in);
        let (selecting, named) = (Selecting::new(answer, request, &[]), groups::listed(answer, &CACHE_GROUPS));
        let (Some(selecting), Some(named)) = (selecting, named) else { return self.forget(cache) };
        if forbidden || answer.contains_key(SET_COOKIE) || named.len() > MOST {
            return self.forget(cache);
        }
        let groups = named.iter().map(|name| cache.groups.named(name));
        let groups = groups.chain(place.map(|path| cache.groups.of_path(path))).collect();
        let times = Times::since(self.sent);
        let seconds = allowed.stale_if_error.unwrap_or(self.if_error.as_secs());
        let allowance = Allowance {
            lifetime: 0,
            age: freshness::initial_age(answer, times),
            while_revalidate: 0,
            if_error: freshness::millis(seconds),
            must_revalidate: false,
            no_cache: false,
        };
        let made = Made {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: entry::counted(body, cache.store.used()),
            selecting,
            allowance,
            said: Box::default(),
            arrived: times.arrived,
            jitter: 0.0,
            validators: Validators::default(),
            validates: false,
            began: self.began,
            sent: self.sent,
            groups,
        };
        let entry = Arc::new(Entry::new(made, cache.store.used()));
        if cache.groups.hold(&entry.groups, entry.began, &entry.checked) {
            cache.store.keep(self.key, entry);
        }
    }

    /// The service has answered something else: what it answered before stands in for nothing.
    pub(crate) fn forget(self, cache: &Cache) {
        cache.store.forget_all(&self.key);
    }

    /// What may stand in for the answer to a request with these fields.
    pub(crate) fn instead(&self, cache: &Cache, request: &HeaderMap) -> Option<Bytes> {
        let entry = cache.store.find(&self.key, request)?;
        let holds = cache.groups.hold(&entry.groups, entry.began, &entry.checked) && entry.serves_on_error(now());
        holds.then(|| entry.body.clone())
    }
}
