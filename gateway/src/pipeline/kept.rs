//! look up and admit, on routes whose answers are kept.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use http::{HeaderMap, Method, Request, Response};

use super::told;
use crate::auth::Caller;
use crate::body::Source;
use crate::cache::{self, Inquiry, Looked, Outcome, Peer, clients};
use crate::error::GatewayError;
use crate::fields::{self, Names};
use crate::forward::Intake;
use crate::plan::{Caching, RouteId, Scope, Target};
use crate::plane::Plane;
use crate::record::Exchange;

/// Whether a request asks for what may be kept, and nothing else: what has a body may mean more than its target says.
pub(super) fn is_question(request: &Request<Intake>) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD) && request.body().is_empty()
}

/// What is given to a request, now or later.
pub(super) enum Answering<'a> {
    Kept(Response<Source>),
    /// Seldom enough for memory of its own: it is large.
    Asking(Pin<Box<dyn Future<Output = Result<Response<Source>, GatewayError>> + Send + 'a>>),
}

/// Looks for an answer that this request may be given, and asks for what there is not.
pub(super) fn look_up<'a>(
    plane: &Arc<Plane>,
    exchange: &'a mut Exchange,
    (id, caching): (RouteId, &'a Caching),
    caller: &Caller,
    request: &mut Request<Intake>,
) -> Result<Answering<'a>, GatewayError> {
    // An answer depends on no field that its service does not see, so none of these may select it.
    if exchange.context.names.has(Names::CONNECTION) {
        fields::remove_named(request.headers_mut());
    }
    let is_origin = matches!(plane.surface().plan.route(id).target, Target::Proxy { .. });
    let has_cookies = is_origin && exchange.context.names.has(Names::COOKIE);
    if has_cookies {
        // Every browser that is signed in here has it, and the origin is not sent it.
        fields::withhold_cookie(request.headers_mut(), &plane.settings().auth.cookie.name);
    }
    let peer = Peer {
        sends_cookies: has_cookies && cache::sends_cookies(&caching.scope, request.headers()),
        is_trusted: plane.trusts(exchange.connection.peer.ip()),
    };
    Ok(match cache::look_up(&plane.shared.cache, caching, caller, (request, &exchange.context), peer)? {
        Looked::Kept(response, outcome, None) => {
            note(plane, exchange, outcome);
            Answering::Kept(response)
        }
        looked => {
            let inquiry = inquiry(plane, exchange, id, caller, request);
            Answering::Asking(Box::pin(inquire(exchange, caching, inquiry, looked)))
        }
    })
}

/// A request for what a service has to be asked for.
fn inquiry(
    plane: &Arc<Plane>,
    exchange: &Exchange,
    route: RouteId,
    caller: &Caller,
    request: &mut Request<Intake>,
) -> Inquiry {
    Inquiry {
        plane: Arc::clone(plane),
        connection: Arc::clone(&exchange.connection),
        context: exchange.context.clone(),
        route,
        caller: caller.clone(),
        head: Arc::new(std::mem::take(request).into_parts().0),
    }
}

/// Asks for what was not found, or anew behind what was.
async fn inquire(
    exchange: &mut Exchange,
    caching: &Caching,
    inquiry: Inquiry,
    looked: Looked,
) -> Result<Response<Source>, GatewayError> {
    let plane = Arc::clone(&inquiry.plane);
    let (response, outcome) = match looked {
        Looked::Kept(response, outcome, refresh) => {
            if let Some(ask) = refresh {
                inquiry.refresh(*ask);
            }
            (response, outcome)
        }
        Looked::Nothing(ask) => {
            let (id, called) = (inquiry.route, exchange.line().map(|_| Instant::now()));
            let (mut response, outcome) = inquiry.answer(*ask).await?;
            told(&plane, exchange, id, called, &response);
            private(response.headers_mut(), caching);
            (response, outcome)
        }
    };
    note(&plane, exchange, outcome);
    Ok(response)
}

/// Notes for the log and the metrics what the cache did.
fn note(plane: &Plane, exchange: &mut Exchange, outcome: Outcome) {
    plane.metrics.cached(exchange.context.route, outcome);
    if let Some(line) = exchange.line() {
        line.cache = Some(outcome.name());
    }
}

/// What is kept for one of many is theirs, whether it was kept or not: nobody on the way may give it to others.
pub(super) fn private(headers: &mut HeaderMap, caching: &Caching) {
    if caching.scope != Scope::Public {
        clients::private(headers);
    }
}
