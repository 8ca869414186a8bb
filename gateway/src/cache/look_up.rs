//! The look up phase: is there an answer that this request may be given, and if not, what is to be done about it?

use std::sync::Arc;
use std::time::Instant;

use http::header::{AGE, COOKIE, RANGE};
use http::{HeaderMap, HeaderName, Method, Response, request};

use super::conditional;
use super::control::Directives;
use super::entry::Entry;
use super::flight::{Joined, Landed};
use super::freshness::{now, on_clock};
use super::key::{self, Key};
use super::led::Led;
use super::respond::{self, Wanted, respond};
use super::status::{self, CACHE_STATUS, Forwarded, Outcome};
use super::store::Variants;
use super::{Cache, front};
use super::{asking, fill, policy};
use crate::auth::Caller;
use crate::body::Source;
use crate::context::Context;
use crate::error::GatewayError;
use crate::fields::Names;
use crate::listener::Connection;
use crate::plan::{Caching, RouteId, Scope};
use crate::plane::Plane;

/// How often a request waits for others before it asks for itself alone.
const WAITS: u32 = 2;

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// A request whose answer may be kept, with all that asking for it needs: it may outlive its client.
#[derive(Clone)]
pub(crate) struct Inquiry {
    pub(crate) plane: Arc<Plane>,
    pub(crate) connection: Arc<Connection>,
    pub(crate) context: Context,
    pub(crate) route: RouteId,
    pub(crate) caller: Caller,
    pub(crate) head: Arc<request::Parts>,
}

/// What there is for a request.
pub(crate) enum Looked {
    /// An answer, and whether a fresh one has to be asked for behind it.
    Kept(Response<Source>, Outcome, Option<Box<Ask>>),
    /// Nothing that it may be given.
    Nothing(Box<Ask>),
}

/// What is to be asked, and how.
pub(crate) struct Ask {
    key: Key,
    /// The key of the call, for which others wait.
    flight: Key,
    /// What is kept, and may not be given as it is.
    kept: Option<Arc<Entry>>,
    why: Forwarded,
    asked: Directives,
    how: How,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
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
    let is_particular = context.names.has(Names::ABOUT_ANSWERS);
    let wanted = Wanted { method: request.method(), headers, is_particular };
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

impl Inquiry {
    /// The route's rules; it has some, or nobody would have looked.
    pub(super) fn caching(&self) -> Result<&Caching, GatewayError> {
        self.plane.surface().plan.route(self.route).cache.as_ref().ok_or(GatewayError::RouteNotFound)
    }

    fn wanted(&self) -> Wanted<'_> {
        let is_particular = self.context.names.has(Names::ABOUT_ANSWERS);
        Wanted { method: &self.head.method, headers: &self.head.headers, is_particular }
    }

    /// Asks, and gives the client what comes of it.
    pub(crate) async fn answer(self, ask: Ask) -> Result<(Response<Source>, Outcome), GatewayError> {
        match ask.how {
            How::Passing => self.pass(ask).await,
            How::Alone => self.alone(ask).await,
            How::Together => self.together(ask).await,
        }
    }

    /// Asks behind an answer that was given already.
    pub(crate) fn refresh(self, ask: Ask) {
        let (plane, entry) = (Arc::clone(&self.plane), ask.kept.clone());
        let cache = Arc::clone(&plane.shared.cache);
        let refresh = async move {
            let Some(entry) = entry else { return };
            let refreshing = Refreshing(&entry);
            let failed = match cache.flights.join(&ask.flight) {
                Joined::Leader(lead) => {
                    let filled = fill::fill(self, ask.key, ask.kept, ask.asked).await;
                    let failed = filled.as_ref().map_or(true, fill::Filled::is_failure);
                    lead.land(fill::landed(&filled));
                    failed
                }
                // Somebody asks already.
                Joined::Follower(_) => false,
            };
            if failed {
                entry.refresh_failed(now());
            }
            drop(refreshing);
        };
        drop(plane.shared.tasks.spawn("cache refresh", refresh));
    }

    async fn pass(self, ask: Ask) -> Result<(Response<Source>, Outcome), GatewayError> {
        let passed = asking::pass(&self, &ask.key, ask.kept.as_ref()).await;
        let status = passed.as_ref().map_or_else(GatewayError::status, Response::status);
        if policy::is_failure(status)
            && let Some(stale) = self.instead(ask.kept.as_ref(), &ask.asked)
        {
            return stale;
        }
        let mut response = passed?;
        response.headers_mut().append(CACHE_STATUS, status::forwarded(ask.why, None, false, false));
        Ok((response, Outcome::Pass))
    }

    async fn alone(self, ask: Ask) -> Result<(Response<Source>, Outcome), GatewayError> {
        let filled = fill::fill(self.clone(), ask.key, ask.kept.clone(), ask.asked).await;
        self.give(filled, ask.why, ask.kept.as_ref(), &ask.asked)
    }

    async fn together(mut self, ask: Ask) -> Result<(Response<Source>, Outcome), GatewayError> {
        let cache = Arc::clone(&self.plane.shared.cache);
        for _ in 0..WAITS {
            let flight = match cache.flights.join(&ask.flight) {
                Joined::Leader(lead) => {
                    let call = Led::new(self.clone(), ask.key, ask.kept.clone(), ask.asked, lead);
                    return self.give(call.await, ask.why, ask.kept.as_ref(), &ask.asked);
                }
                Joined::Follower(flight) => flight,
            };
            match flight.landed().await {
                Landed::Kept(entry) if self.may_share(&entry) => {
                    let word = status::forwarded(ask.why, None, false, true);
                    let head = respond::head(&entry, now(), word);
                    return Ok((respond(&entry, self.wanted(), head)?, Outcome::Collapsed));
                }
                // It was asked for before something changed, or it is for another kind of request.
                Landed::Kept(_) => {}
                Landed::Failed(error) => {
                    return self.instead(ask.kept.as_ref(), &ask.asked).unwrap_or(Err(error));
                }
                Landed::Unshared => break,
            }
            // Who has waited for somebody else in vain has its own time before it, not what is left of the other's.
            self.context.started = Instant::now();
        }
        self.context.started = Instant::now();
        self.alone(ask).await
    }

    fn may_share(&self, entry: &Entry) -> bool {
        let (groups, now) = (&self.plane.shared.cache.groups, now());
        entry.is_usable(now)
            && entry.selecting.matches(&self.head.headers)
            && groups.hold(&entry.groups, entry.began, &entry.checked)
    }

    /// What came of a call, for the client who made it.
    fn give(
        &self,
        filled: Result<fill::Filled, GatewayError>,
        why: Forwarded,
        kept: Option<&Arc<Entry>>,
        asked: &Directives,
    ) -> Result<(Response<Source>, Outcome), GatewayError> {
        let failed = filled.as_ref().map_or_else(|error| policy::is_failure(error.status()), fill::Filled::is_failure);
        if failed && let Some(stale) = self.instead(kept, asked) {
            return stale;
        }
        match filled? {
            fill::Filled::Kept { entry, code, stored } => {
                let outcome = if code == http::StatusCode::NOT_MODIFIED { Outcome::Revalidated } else { Outcome::Miss };
                let word = status::forwarded(why, Some(code), stored, false);
                let now = now();
                let mut head = respond::head(&entry, now, word);
                if entry.age(now) == 0 {
                    // An `Age` would say that it was not made for this request (RFC 9111, section 5.1).
                    head.remove(AGE);
                }
                Ok((respond(&entry, self.wanted(), head)?, outcome))
            }
            fill::Filled::Passed(mut response, reason) => {
                response.headers_mut().append(CACHE_STATUS, status::not_kept(why, reason.0));
                Ok((*response, Outcome::Pass))
            }
        }
    }

    /// The stale answer that may stand in for one that is not to be had (RFC 5861, section 4).
    fn instead(
        &self,
        kept: Option<&Arc<Entry>>,
        asked: &Directives,
    ) -> Option<Result<(Response<Source>, Outcome), GatewayError>> {
        let (entry, now, groups) = (kept?, now(), &self.plane.shared.cache.groups);
        let holds = groups.hold(&entry.groups, entry.began, &entry.checked);
        if !holds || asked.no_cache || entry.allowance.must_revalidate || !entry.serves_on_error(now) {
            return None;
        }
        if !entry.rests(now) {
            entry.refresh_failed(now);
        }
        let word = status::hit(entry.ttl(now), Some("stale-if-error"));
        let head = respond::head(entry, now, word);
        Some(respond(entry, self.wanted(), head).map(|response| (response, Outcome::Stale)))
    }
}

/// The right to refresh an entry, given back whatever happens.
struct Refreshing<'a>(&'a Entry);

impl Drop for Refreshing<'_> {
    fn drop(&mut self) {
        self.0.refresh_ended();
    }
}

/// Whether cookies would go along with a request to an origin: an answer may then depend on them, and no key knows them.
pub(crate) fn sends_cookies(scope: &Scope, headers: &HeaderMap) -> bool {
    *scope == Scope::Public && headers.contains_key(COOKIE)
}
