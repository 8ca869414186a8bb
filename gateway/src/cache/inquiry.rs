//! The ask phase: what is not kept is asked for, alone or with all who want the same, and given to the client.

use std::sync::Arc;
use std::time::Instant;

use http::header::AGE;
use http::{Response, request};

use super::control::Directives;
use super::entry::Entry;
use super::flight::{Joined, Landed};
use super::freshness::now;
use super::led::Led;
use super::look_up::{Ask, How};
use super::respond::{self, Wanted, respond};
use super::status::{self, CACHE_STATUS, Forwarded, Outcome};
use super::{asking, fill, policy};
use crate::auth::Caller;
use crate::body::Source;
use crate::context::Context;
use crate::error::GatewayError;
use crate::listener::Connection;
use crate::plan::{Caching, RouteId};
use crate::plane::Plane;

/// How often a request waits for others before it asks for itself alone.
const WAITS: u32 = 2;

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

impl Inquiry {
    /// The route's rules; it has some, or nobody would have looked.
    pub(super) fn caching(&self) -> Result<&Caching, GatewayError> {
        self.plane.surface().plan.route(self.route).cache.as_ref().ok_or(GatewayError::RouteNotFound)
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted::new(&self.head.method, &self.head.headers, &self.context.names)
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
