//! The look up phase: is there an answer that this request may be given, and if not, what is to be done about it?

use std::sync::Arc;

use http::header::{COOKIE, RANGE};
use http::{HeaderMap, HeaderName, Method, Response};

use super::conditional;
use super::control::Directives;
use super::entry::Entry;
use super::freshness::on_clock;
use super::key::{self, Key};
use super::respond::{Wanted, respond};
use super::status::{Forwarded, Outcome};
use super::store::Variants;
use super::{Cache, front};
use crate::auth::Caller;
use crate::body::Source;
use crate::context::Context;
use crate::error::GatewayError;
use crate::plan::{Caching, Scope};

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// What there is for a request.
pub(crate) enum Looked {
    /// An answer, and whether a fresh one has to be asked for behind it.
    Kept(Response<Source>, Outcome, Option<Box<Ask>>),
    /// Nothing that it may be given.
    Nothing(Box<Ask>),
}

/// What is to be asked, and how.
pub(crate) struct Ask {
    pub(super) key: Key,
    /// The key of the call, for which others wait.
    pub(super) flight: Key,
    /// What is kept, and may not be given as it is.
    pub(super) kept: Option<Arc<Entry>>,
    pub(super) why: Forwarded,
    pub(super) asked: Directives,
    pub(super) how: How,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// With all others who want the same.
    Together,
    /// Alone, because the client wants what is asked for after it came, or because what came of it last was not for others. It is
    /// kept, if it may be.
    Alone,
    /// As on a route that keeps nothing.
    Passing,
}

/// What is known of who sends a request, beside who the caller is.
#[derive(Clone, Copy)]
pub(crate) struct Peer {
    /// Whether cookies would go along to an origin: an answer may depend on them, and no key knows them.
    pub(crate) sends_cookies: bool,
    /// Whether it is a proxy whose word on scheme and host counts.
    pub(crate) is_trusted: bool,
}

/// Looks for an answer that this request may be given.
pub(crate) fn look_up<B>(
    cache: &Arc<Cache>,
    caching: &Caching,
    caller: &Caller,
    (request, context): (&http::Request<B>, &Context),
    peer: Peer,
) -> Result<Looked, GatewayError> {
    let (headers, now) = (request.headers(), on_clock(context.arrived_ms));
    let wanted = Wanted::new(request.method(), headers, &context.names);
    let asked = if wanted.is_particular { Directives::of_request(headers) } else { Directives::default() };
    front::with(cache, |slots, key| {
        key::write(key, caching, caller.principal(), (request.uri(), headers), peer.is_trusted);
        let ask = |all: Option<&Variants>, kept, why, how| {
            Box::new(Ask {
                key: key.as_slice().into(),
                flight: [key.as_slice(), &all.map(|all| all.variant(headers)).unwrap_or_default()].concat().into(),
                kept,
                why,
                asked,
                how,
            })
        };
        // A preference may make another answer of it, and no field says so.
        let is_special =
            wanted.is_particular && (conditional::is_for_the_service(headers) || headers.contains_key(PREFER));
        if is_special || peer.sends_cookies || asked.no_store {
            if asked.only_if_cached {
                return Err(GatewayError::NotKept);
            }
            return Ok(Looked::Nothing(ask(None, None, Forwarded::Bypass, How::Passing)));
        }
        let (all, slot) = slots.find(&cache.store, key);
        let all = all.as_deref();
        let selected = all.and_then(|all| all.select(headers));
        let entry = selected.filter(|entry| cache.groups.hold(&entry.groups, entry.began, &entry.checked));
        if let (Some(all), Some(entry)) = (all, entry) {
            match use_of(entry, &asked, now) {
                Use::Fresh => {
                    return Ok(Looked::Kept(respond(entry, wanted, slot.hit(all, entry, now))?, Outcome::Hit, None));
                }
                Use::Stale { refresh } => {
                    let response = respond(entry, wanted, slot.hit(all, entry, now))?;
                    let refresh = refresh && entry.begins_refresh();
                    let ask = refresh.then(|| ask(Some(all), Some(Arc::clone(entry)), Forwarded::Stale, How::Together));
                    return Ok(Looked::Kept(response, Outcome::Stale, ask));
                }
                Use::Not => {}
            }
        }
        if asked.only_if_cached {
            return Err(GatewayError::NotKept);
        }
        let why = match entry {
            Some(entry) if entry.is_fresh(now) => Forwarded::Request,
            Some(_) => Forwarded::Stale,
            None if selected.is_none() && all.is_some() => Forwarded::VaryMiss,
            None => Forwarded::UriMiss,
        };
        let passes = entry.is_none() && cache.store.passes(key);
        let how = how(request.method(), headers, &asked, passes);
        Ok(Looked::Nothing(ask(all, entry.cloned(), why, how)))
    })
}

fn how(method: &Method, headers: &HeaderMap, asked: &Directives, passes: bool) -> How {
    if method == Method::HEAD || headers.contains_key(RANGE) || (passes && conditional::is_conditional(headers)) {
        // What would not be kept is asked for as it is.
        How::Passing
    } else if passes || asked.no_cache || asked.max_age.is_some() || asked.min_fresh.is_some() {
        How::Alone
    } else {
        How::Together
    }
}

/// What can be done with a kept answer.
enum Use {
    Fresh,
    Stale {
        /// Whether a fresh one is to be asked for meanwhile.
        refresh: bool,
    },
    Not,
}

/// Whether the client takes a kept answer, and whether it may (RFC 9111, sections 4.2.4 and 5.2.1).
fn use_of(entry: &Entry, asked: &Directives, now: i64) -> Use {
    let is_young = asked.max_age.is_none_or(|most| entry.age(now) <= most);
    if asked.no_cache || !is_young {
        return Use::Not;
    }
    if entry.is_fresh(now) {
        let stays = asked.min_fresh.is_none_or(|least| entry.ttl(now) >= i64::try_from(least).unwrap_or(i64::MAX));
        return if stays { Use::Fresh } else { Use::Not };
    }
    if entry.allowance.must_revalidate || asked.min_fresh.is_some() {
        return Use::Not;
    }
    if entry.serves_while_revalidating(now) {
        return Use::Stale { refresh: !entry.rests(now) };
    }
    let late = -entry.ttl(now);
    let taken = asked.max_stale.is_some_and(|most| late <= i64::try_from(most).unwrap_or(i64::MAX));
    if taken || (entry.rests(now) && entry.serves_on_error(now)) {
        return Use::Stale { refresh: false };
    }
    Use::Not
}

/// Whether cookies would go along with a request to an origin: an answer may then depend on them, and no key knows them.
pub(crate) fn sends_cookies(scope: &Scope, headers: &HeaderMap) -> bool {
    *scope == Scope::Public && headers.contains_key(COOKIE)
}
