//! THE order: what happens to a request, phase by phase.
//!
//! `guard → identify → route → authenticate → limit → look up → forward | compose → shape → admit → view → finish → record`

mod finish;
mod kept;
mod viewed;
mod words;

use std::convert::Infallible;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONNECTION, EXPECT, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;

use crate::answer;
use crate::auth::{self, Caller};
use crate::beside;
use crate::body::{Body, Source};
use crate::cache::{self, Write};
use crate::compose;
use crate::context::Context;
use crate::cors::Cors;
use crate::error::GatewayError;
use crate::fields::{Names, Receiver};
use crate::forward::{self, Call, Intake};
use crate::guard::{Refusal, target};
use crate::limit;
use crate::listener::{Connection, ConnectionState, REFUSED_METHOD};
use crate::plan::{Route, RouteId, Target};
use crate::plane::Plane;
use crate::record::{Exchange, Line};
use crate::routes::{Found, Parameters};

use finish::{deprecate, explain, finish, unshared};
use kept::Answering;
use words::{in_own_words, readable};

/// Pages, documents and probes are small and never wait for a service longer than this.
const BESIDE_TIMEOUT: Duration = Duration::from_secs(5);

/// Answers one request.
pub(crate) fn serve(
    plane: Arc<Plane>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Body>, Infallible>> + Send {
    // The request lies in the future from its beginning, and stays there: it is large, and the phases are several futures deep.
    let mut request = request.map(Intake::Incoming);
    async move { Ok(answer_to(&plane, connection, &mut request).await) }
}

async fn answer_to(plane: &Arc<Plane>, connection: Arc<Connection>, request: &mut Request<Intake>) -> Response<Body> {
    let is_head = request.method() == Method::HEAD;
    target::unescape(request);
    // Kept, because the request is changed while its path is still needed.
    let asked = request.uri().path_and_query().cloned();
    let (path, query) = asked.as_ref().map_or(("", None), |asked| (asked.path(), asked.query()));
    // Found before the guard has spoken, because the record names the route; nothing acts on it until then.
    let found = plane.surface().plan.table.find(request.method(), path);
    let mut exchange = open(plane, connection, request, &found);
    let origin = plane.shared.cors.allowed(request.headers());

    let rules = plane.surface().rules(&found);
    if rules.is_some() {
        readable(request);
    }
    let answered = phases(plane, &mut exchange, (path, query), &found, request).await;
    let mut response = answered.unwrap_or_else(|error| explain(error, path, &mut exchange));
    if let Some(route) = rules {
        response = Box::pin(in_own_words(route, response)).await;
    }

    if !request.body().is_empty() {
        Box::pin(leave(request, response.headers_mut())).await;
    }
    // finish: on every answer, whoever gave it.
    finish(plane, response.headers_mut(), &mut exchange, origin);
    // record: the exchange travels with the body and is recorded when that has been sent or dropped.
    exchange.answered(response.status().as_u16());
    if is_head {
        // The head is all of it: nobody will ask for the body.
        exchange.complete();
    }
    response.map(|source| Body::new(source, exchange))
}

/// Says that the connection ends with this answer if a body is still to come that nobody has read (RFC 9112, section 9.6). Whoever
/// waits to be asked for it has not sent it, and need not.
async fn leave(request: &mut Request<Intake>, headers: &mut HeaderMap) {
    if request.headers().contains_key(EXPECT) || !request.body_mut().is_spent().await {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// The phases up to the answer of a service, in the only order in which each may rely on those before it.
async fn phases(
    plane: &Arc<Plane>,
    exchange: &mut Exchange,
    (path, query): (&str, Option<&str>),
    found: &Found<'_>,
    request: &mut Request<Intake>,
) -> Result<Response<Source>, GatewayError> {
    // guard: first, because nothing after it is safe on a request that another server could read differently.
    guard(&exchange.connection.state, request)?;
    take_host(request)?;
    // identify: done by the caller, so that a refusal has a request id too.
    if Cors::is_preflight(request.method(), request.headers()) {
        return Ok(permission(plane, request.headers()));
    }
    // route: before authenticate, because the route says whether a token is looked at.
    let (id, parameters) = match found {
        Found::Route { id, parameters } => (*id, parameters),
        _ if beside::serves(path) => {
            return Box::pin(beside_the_plan(plane, exchange, request)).await;
        }
        Found::MethodNotAllowed { allow } => return Err(GatewayError::MethodNotAllowed { allow: allow.clone() }),
        Found::Nothing => return Err(GatewayError::RouteNotFound),
    };
    let route = plane.surface().plan.route(id);
    // authenticate: before anything that costs a service work.
    let known = authenticate(plane, route, request.headers(), &exchange.context)?;
    let caller = known.as_ref().unwrap_or(&plane.anonymous);
    if let (Some(line), Some(sub)) = (exchange.line(), &caller.principal().sub) {
        line.user = Some(sub.as_str().into());
    }
    // limit: after authenticate, because a quota belongs to a user, and before anything is asked of a service.
    limit(plane, (id, route), caller, exchange, query)?;
    // What only the viewer sees is taken out of the request, so that the rest is shared.
    let viewing = viewed::begin(route, request)?;
    let response = 'answered: {
        let Some(caching) = route.cache.as_ref().filter(|_| kept::is_question(request)) else {
            break 'answered asked(plane, exchange, (id, parameters), caller, request).await?;
        };
        // look up: after limit, so that a hit counts too. admit: behind it, where an answer arrives.
        let asking = match kept::look_up(plane, exchange, (id, caching), caller, request)? {
            Answering::Kept(response) => break 'answered response,
            Answering::Asking(asking) => asking,
        };
        asking.await?
    };
    // view: behind everything that could be stored. finish: what this caller alone may see is made after that.
    let finishing = route.composition.as_deref().filter(|composition| composition.finish.is_some());
    if viewing.is_none() && finishing.is_none() {
        let mut response = response;
        unshared(response.headers_mut(), route);
        deprecate(response.headers_mut(), route);
        return Ok(response);
    }
    let viewed = Box::pin(async {
        let mut response = response;
        if let Some(viewing) = viewing {
            response = viewed::add(plane, exchange, (id, parameters), caller, *viewing, response).await?;
        }
        unshared(response.headers_mut(), route);
        if let Some(composition) = finishing {
            response = compose::finish(plane, composition, caller, response).await?;
        }
        deprecate(response.headers_mut(), route);
        Ok(response)
    });
    viewed.await
}

/// A route, or a method, of which nothing is kept.
async fn asked(
    plane: &Plane,
    exchange: &mut Exchange,
    (id, parameters): (RouteId, &Parameters<'_>),
    caller: &Caller,
    request: &mut Request<Intake>,
) -> Result<Response<Source>, GatewayError> {
    let route = plane.surface().plan.route(id);
    let write = Write::begin(plane, route, caller.principal(), request);
    let called = exchange.line().map(|_| Instant::now());
    let answered = answer::answer(
        plane,
        &exchange.connection,
        &exchange.context,
        (id, parameters),
        (caller, write.as_ref()),
        request,
    )
    .await;
    if let Some(write) = write {
        // Before the head of its answer is sent: whoever has seen that may ask at once, and must see what was written.
        write.settle(&answered);
    }
    let mut response = answered?;
    cache::take_out_groups(response.headers_mut());
    told(plane, exchange, id, called, &response);
    if let Some(caching) = &route.cache {
        kept::private(response.headers_mut(), caching);
    }
    Ok(response)
}

/// Notes for the log and the metrics what was asked of services.
fn told(plane: &Plane, exchange: &mut Exchange, id: RouteId, called: Option<Instant>, response: &Response<Source>) {
    let lost = response.headers().get(compose::GATEWAY_PARTS).cloned();
    if lost.is_some() {
        plane.metrics.degraded(exchange.context.route);
    }
    let surface = plane.surface();
    let Some(line) = exchange.line() else { return };
    // What has only parts is the answer of no one service.
    let is_of_one = !matches!(surface.plan.route(id).target, Target::Parts);
    line.service = surface.route(id).filter(|_| is_of_one).map(|route| Arc::clone(&route.service_name));
    line.upstream = called.map(|called| called.elapsed());
    line.parts = lost;
}

/// Refuses what the raw head or the target makes ambiguous.
fn guard(state: &ConnectionState, request: &Request<Intake>) -> Result<(), GatewayError> {
    if request.method().as_str() == REFUSED_METHOD
        && let Some(refusal) = state.refusal()
    {
        return Err(refusal.into());
    }
    target::check_path(request.uri().path())?;
    if let Some(query) = request.uri().query() {
        target::check_query(query)?;
    }
    Ok(())
}

/// The host of a target that has one counts, whatever `Host` says (RFC 9112, section 3.2.2).
fn take_host(request: &mut Request<Intake>) -> Result<(), GatewayError> {
    let Some(authority) = request.uri().authority() else { return Ok(()) };
    let host = authority.as_str().rsplit('@').next().unwrap_or_default();
    let host = HeaderValue::from_str(host).map_err(|_| GatewayError::Refused(Refusal::Target))?;
    request.headers_mut().insert(HOST, host);
    Ok(())
}

/// Who calls, if the route lets them in; none where nothing is known of them.
fn authenticate(
    plane: &Plane,
    route: &Route,
    headers: &HeaderMap,
    context: &Context,
) -> Result<Option<Caller>, GatewayError> {
    if !context.names.has(Names::AUTHORIZATION) {
        let admitted = auth::admit(plane.anonymous.principal(), &route.access);
        return admitted.map(|()| None).map_err(GatewayError::Access);
    }
    let now = i64::try_from(context.wall_ms).unwrap_or(i64::MAX);
    let mut tokens = plane.tokens.lock().unwrap_or_else(PoisonError::into_inner);
    tokens.authenticate(headers, route.token, &route.access, now).map(Some).map_err(GatewayError::Access)
}

/// Takes what the request costs out of its caller's quota.
fn limit(
    plane: &Plane,
    (id, route): (RouteId, &Route),
    caller: &Caller,
    exchange: &mut Exchange,
    query: Option<&str>,
) -> Result<(), GatewayError> {
    let Some(policy) = route.limit else { return Ok(()) };
    let calls = limit::calls(plane.surface().composition(id, query), query);
    let Some((standing, taken)) = plane.shared.limits.take(policy, caller.user(), exchange.context.client, calls)
    else {
        return Ok(());
    };
    exchange.standing = Some(standing);
    Ok(taken?)
}

fn open(plane: &Plane, connection: Arc<Connection>, request: &Request<Intake>, found: &Found<'_>) -> Box<Exchange> {
    let route = if let Found::Route { id, .. } = found { Some(*id) } else { None };
    let (index, label) = plane.surface().label(route);
    let trusted = &plane.settings().trusted_proxies;
    let context = Context::identify(request.headers(), connection.peer.ip(), trusted, index);
    let line = plane.shared.log.then(|| {
        Box::new(Line {
            method: request.method().clone(),
            path: request.uri().path().into(),
            route: Arc::clone(label),
            service: None,
            upstream: None,
            parts: None,
            user: None,
            cache: None,
        })
    });
    Exchange::open(context, connection, &plane.metrics, request.version(), line)
}

/// Asks the router beside the plan.
async fn beside_the_plan(
    plane: &Plane,
    exchange: &mut Exchange,
    request: &mut Request<Intake>,
) -> Result<Response<Source>, GatewayError> {
    let surface = plane.surface();
    let target = request.uri().path_and_query().cloned().ok_or(GatewayError::RouteNotFound)?;
    let call = Call {
        upstream: &surface.beside,
        service: surface.upstreams.len(),
        receiver: Receiver::Own,
        target,
        timeout: BESIDE_TIMEOUT,
        body_limit: plane.settings().limits.body_bytes,
        websocket: false,
        assertion: None,
        route: None,
        witness: (!request.method().is_safe()).then_some(&*plane.shared.cache),
        // Pages and probes go on when services have too much to do.
        has_place: true,
    };
    forward::forward(plane, &exchange.connection, &exchange.context, &call, request).await
}

/// The answer to a preflight: fields only, and only for an origin that is allowed.
fn permission(plane: &Plane, headers: &HeaderMap) -> Response<Source> {
    let mut response = Response::new(Source::from(Bytes::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    if plane.shared.cors.allowed(headers).is_some() {
        *response.headers_mut() = Cors::permission(headers);
    }
    response
}
