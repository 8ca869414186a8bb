//! What the parts of an answer allow together: the least time, the strictest rule, all groups.

use http::header::{SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue};

use super::control::Directives;
use super::freshness::{self, Times};
use super::groups::{self, CACHE_GROUPS};
use super::policy::LONGEST_ABSENCE;

/// The terms of several answers, as those of the answer that is made of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    no_store: bool,
    no_cache: bool,
    private: bool,
    must_revalidate: bool,
    /// What is left of the shortest lifetime that a part names, in milliseconds.
    pub(crate) lifetime: Option<i64>,
    /// When the first of their heads had arrived.
    pub(super) arrived: Option<i64>,
    /// How old the oldest was when it arrived, in milliseconds.
    pub(super) age: i64,
    /// The shortest times for which a part may be used stale, in seconds.
    while_revalidate: Option<u64>,
    if_error: Option<u64>,
    /// Whether a part names none.
    silent: bool,
    /// The groups of all parts; none where a service names them in a way that cannot be read.
    pub(crate) groups: Option<Vec<String>>,
    /// What each part says of the fields on which it depends.
    vary: Vec<HeaderValue>,
}

impl Terms {
    /// The terms of nothing yet.
    pub(crate) fn new() -> Self {
        Self { groups: Some(Vec::new()), ..Self::default() }
    }

    /// Adds a part by its head.
    pub(crate) fn add(&mut self, headers: &HeaderMap, times: Times) {
        self.arrived = Some(self.arrived.map_or(times.arrived, |first| first.min(times.arrived)));
        let (allowed, targeted) = Directives::of_answer(headers);
        self.no_store |= (allowed.no_store && !allowed.must_understand) || headers.contains_key(SET_COOKIE);
        self.no_cache |= allowed.no_cache;
        self.private |= allowed.private;
        self.must_revalidate |= allowed.forbid_stale(targeted);
        self.while_revalidate = least(self.while_revalidate, allowed.stale_while_revalidate);
        self.if_error = least(self.if_error, allowed.stale_if_error);
        let age = freshness::initial_age(headers, times);
        self.age = self.age.max(age);
        match freshness::lifetime(headers, &allowed, targeted, times) {
            Some(lifetime) => {
                let left = (lifetime - age).max(0);
                self.lifetime = Some(self.lifetime.map_or(left, |least| least.min(left)));
            }
            None => self.silent = true,
        }
        self.vary.extend(headers.get_all(VARY).iter().cloned());
        self.groups = match (self.groups.take(), groups::listed(headers, &CACHE_GROUPS)) {
            (Some(mut known), Some(more)) => {
                known.extend(more);
                Some(known)
            }
            _ => None,
        };
    }

    /// Adds a part that does not exist: it may at any time, so that is kept only where it is said, and not for long.
    pub(crate) fn add_absent(&mut self, headers: &HeaderMap, times: Times) {
        let (allowed, targeted) = Directives::of_answer(headers);
        let is_said = freshness::lifetime(headers, &allowed, targeted, times).is_some();
        self.add(headers, times);
        self.no_store |= !is_said;
        self.lifetime = self.lifetime.map(|lifetime| lifetime.min(LONGEST_ABSENCE));
    }

    /// Says on which fields the whole answer depends, where its own head does not say it already.
    pub(crate) fn write_vary(&self, headers: &mut HeaderMap) {
        for value in &self.vary {
            if !headers.get_all(VARY).iter().any(|known| known == value) {
                // The map takes tens of thousands of fields; a route has at most a few parts.
                let _full = headers.try_append(VARY, value.clone());
            }
        }
    }

    pub(super) fn restrict(&self, allowed: &mut Directives) {
        allowed.no_store |= self.no_store;
        allowed.no_cache |= self.no_cache;
        allowed.private |= self.private;
        allowed.must_revalidate |= self.must_revalidate;
        allowed.stale_while_revalidate = least(allowed.stale_while_revalidate, self.while_revalidate);
        allowed.stale_if_error = least(allowed.stale_if_error, self.if_error);
    }

    /// The time that all parts allow, of which those that say nothing allow `default`.
    pub(super) fn least(&self, default: Option<i64>) -> Option<i64> {
        match (self.lifetime, self.silent) {
            (Some(lifetime), true) => default.map(|default| default.min(lifetime)),
            (Some(lifetime), false) => Some(lifetime),
            (None, _) => default,
        }
    }
}

/// The shorter of two times, of which either may be missing.
fn least(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}
