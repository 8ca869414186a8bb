//! THE order: what happens to a request, phase by phase.
//!
//! `guard → identify → route → authenticate → limit → look up → forward | compose → shape → admit → view → finish → record`

mod kept;
mod viewed;

use std::convert::Infallible;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use problem::Problem;

use crate::answer;
use crate::auth::Caller;
use crate::beside;
use crate::body::{Body, Source};
use crate::cache::{self, Looked, Write};
use crate::compose;
use crate::context::Context;
use crate::cors::Cors;
use crate::error::GatewayError;
use crate::fields::Receiver;
use crate::forward::{self, Call, Intake};
use crate::guard::target;
use crate::limit;
use crate::listener::{Connection, REFUSED_METHOD};
use crate::media;
use crate::plan::{Route, RouteId, Target};
use crate::plane::Plane;
use crate::record::{Exchange, Line};
use crate::routes::{Found, Parameters};

/// Pages, documents and probes are small and never wait for a service longer than this.
const BESIDE_TIMEOUT: Duration = Duration::from_secs(5);

/// A service's problem document that a route rewrites is small, and is there at once.
const PROBLEM_TIMEOUT: Duration = Duration::from_secs(5);
const PROBLEM_BYTES: u64 = 64 * 1024;

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const LINK: HeaderName = http::header::LINK;

/// Answers one request.
pub(crate) fn serve(
    plane: Arc<Plane>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Body>, Infallible>> + Send {
    // The request lies in the future from its beginning, and stays there: it is large, and the phases are several futures deep.
    let mut request = request.map(Intake::Incoming);
    async move { Ok(answer_to(&plane, &connection, &mut request).await) }
}

async fn answer_to(
    plane: &Arc<Plane>,
    connection: &Arc<Connection>,
    request: &mut Request<Intake>,
) -> Response<Body> {
    let is_head = request.method() == Method::HEAD;
    let uri = request.uri().clone();
    // Found before the guard has spoken, because the record names the route; nothing acts on it until then.
    let found = plane.surface().plan.table.find(request.method(), uri.path());
    let mut exchange = open(plane, connection, request, &found);
    let origin = plane.shared.cors.allowed(request.headers());

    let rules = plane.surface().rules(&found);
    if rules.is_some() {
        readable(request);
    }
    let answered = phases(plane, connection, &mut exchange, &uri, found, request).await;
    let mut response = answered.unwrap_or_else(|error| explain(error, uri.path(), &mut exchange));
    if let Some(route) = rules {
        response = Box::pin(in_own_words(route, response)).await;
    }

    // finish: on every answer, whoever gave it.
    finish(plane, response.headers_mut(), &exchange, origin);
    // record: the exchange travels with the body and is recorded when that has been sent or dropped.
    exchange.answered(response.status().as_u16());
    if is_head {
        // The head is all of it: nobody will ask for the body.
        exchange.complete();
    }
    response.map(|source| Body::new(source, exchange))
}

/// The phases up to the answer of a service, in the only order in which each may rely on those before it.
async fn phases(
    plane: &Arc<Plane>,
    connection: &Arc<Connection>,
    exchange: &mut Exchange,
    uri: &Uri,
    found: Found<'_>,
    request: &mut Request<Intake>,
) -> Result<Response<Source>, GatewayError> {
    // guard: first, because nothing after it is safe on a request that another server could read differently.
    guard(connection, request)?;
    // identify: done by the caller, so that a refusal has a request id too.
    if Cors::is_preflight(request.method(), request.headers()) {
        return Ok(permission(plane, request.headers()));
    }
    // route: before authenticate, because the route says whether a token is looked at.
    let (id, parameters) = match found {
        Found::Route { id, parameters } => (id, parameters),
        _ if beside::serves(uri.path()) => {
            return Box::pin(beside_the_plan(plane, connection, exchange, request)).await;
        }
        Found::MethodNotAllowed { allow } => return Err(GatewayError::MethodNotAllowed { allow }),
        Found::Nothing => return Err(GatewayError::RouteNotFound),
    };
    let route = plane.surface().plan.route(id);
    // authenticate: before anything that costs a service work.
    let caller = authenticate(plane, route, request.headers(), exchange.context.wall_ms)?;
    if let (Some(line), Some(sub)) = (exchange.line(), &caller.principal().sub) {
        line.user = Some(sub.as_str().into());
    }
    // limit: after authenticate, because a quota belongs to a user, and before anything is asked of a service.
    limit(plane, (id, route), &caller, exchange, uri)?;
    // What only the viewer sees is taken out of the request, so that the rest is shared.
    let viewing = viewed::begin(route, request)?;
    let mut response = match &route.cache {
        // look up: after limit, so that a hit counts too. admit: behind it, where an answer arrives.
        Some(caching) if kept::is_question(request) => {
            match kept::look_up(plane, connection, (route, caching), &caller, request)? {
                Looked::Kept(response, outcome, None) => {
                    kept::note(plane, exchange, outcome);
                    response
                }
                looked => {
                    let inquiry = kept::inquiry(plane, connection, exchange, id, &caller, request);
                    Box::pin(kept::inquire(exchange, caching, inquiry, looked)).await?
                }
            }
        }
        _ => asked(plane, connection, exchange, (id, parameters), &caller, request).await?,
    };
    // view: behind everything that could be stored.
    if let Some(viewing) = viewing {
        response =
            Box::pin(viewed::add(plane, connection, exchange, (id, parameters), &caller, viewing, response)).await?;
    }
    unshared(response.headers_mut(), route);
    // finish: what this caller alone may see is made after anything that could be stored.
    if let Some(composition) = route.composition.as_deref().filter(|composition| composition.finish.is_some()) {
        response = Box::pin(compose::finish(plane, composition, &caller, response)).await?;
    }
    deprecate(response.headers_mut(), route);
    Ok(response)
}

/// A route, or a method, of which nothing is kept.
async fn asked(
    plane: &Plane,
    connection: &Connection,
    exchange: &mut Exchange,
    (id, parameters): (RouteId, Parameters<'_>),
    caller: &Caller,
    request: &mut Request<Intake>,
) -> Result<Response<Source>, GatewayError> {
    let route = plane.surface().plan.route(id);
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    let write = Write::begin(plane, &route.invalidates, caller.principal(), method, uri, headers);
    let called = exchange.line().map(|_| Instant::now());
    let answered = answer::answer(plane, connection, &exchange.context, (id, parameters), caller, request).await;
    if let Some(write) = write {
        // Before the head of its answer is sent: whoever has seen that may ask at once, and must see what was written.
        write.settle(&answered);
    }
    let mut response = answered?;
    cache::unnamed(response.headers_mut());
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
fn guard(connection: &Connection, request: &Request<Intake>) -> Result<(), GatewayError> {
    if request.method().as_str() == REFUSED_METHOD
        && let Some(refusal) = connection.state.refusal()
    {
        return Err(refusal.into());
    }
    target::check_path(request.uri().path())?;
    if let Some(query) = request.uri().query() {
        target::check_query(query)?;
    }
    Ok(())
}

/// Who calls, if the route lets them in.
fn authenticate(plane: &Plane, route: &Route, headers: &HeaderMap, wall_ms: u64) -> Result<Caller, GatewayError> {
    let now = i64::try_from(wall_ms).unwrap_or(i64::MAX);
    let mut tokens = plane.tokens.lock().unwrap_or_else(PoisonError::into_inner);
    tokens.authenticate(headers, route.token, &route.access, now).map_err(GatewayError::Access)
}

/// Takes what the request costs out of its caller's quota.
fn limit(
    plane: &Plane,
    (id, route): (RouteId, &Route),
    caller: &Caller,
    exchange: &mut Exchange,
    uri: &Uri,
) -> Result<(), GatewayError> {
    let Some(policy) = route.limit else { return Ok(()) };
    let calls = limit::calls(plane.surface().composition(id, uri.query()), uri.query());
    let Some((standing, taken)) = plane.shared.limits.take(policy, caller.user(), exchange.context.client, calls)
    else {
        return Ok(());
    };
    exchange.standing = Some(standing);
    Ok(taken?)
}

fn open(plane: &Plane, connection: &Connection, request: &Request<Intake>, found: &Found<'_>) -> Exchange {
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
    Exchange::open(context, &connection.state, &plane.metrics, line)
}

/// Asks a service for a problem document that can be read: the whole of it, as it is.
fn readable(request: &mut Request<Intake>) {
    request.headers_mut().remove(ACCEPT_ENCODING);
    if request.method() == Method::HEAD {
        *request.method_mut() = Method::GET;
    }
}

/// A problem whose code the route answers in its own way.
async fn in_own_words(route: &Route, response: Response<Source>) -> Response<Source> {
    let status = response.status();
    if !media::is_problem(media::of(response.headers())) || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut head, source) = response.into_parts();
    head.headers.remove(CONTENT_LENGTH);
    let Ok(document) = source.collected(Instant::now() + PROBLEM_TIMEOUT, PROBLEM_BYTES).await else {
        let whole = Problem::for_status(status).into_http(None, None);
        head.status = whole.status();
        return Response::from_parts(head, Source::from(whole.into_body()));
    };
    let (status, document) = compose::rewritten(route, status, &document).unwrap_or((status, document));
    head.status = status;
    Response::from_parts(head, Source::from(document))
}

/// Asks the router beside the plan.
async fn beside_the_plan(
    plane: &Plane,
    connection: &Connection,
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
        // Pages and probes go on when services have too much to do.
        has_place: true,
    };
    forward::forward(plane, connection, &exchange.context, &call, request).await
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

/// What a service says nothing about may be kept by the caller alone, and is asked for again: it may depend on who calls
/// (RFC 9111, section 5.2.2). An origin without a contract is left alone.
fn unshared(headers: &mut HeaderMap, route: &Route) {
    if !matches!(route.target, Target::Proxy { .. }) && !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
}

/// A deprecated route says so, and names its successor (RFC 9745, RFC 8288).
fn deprecate(headers: &mut HeaderMap, route: &Route) {
    if let Some(successor) = &route.deprecated {
        headers.insert(DEPRECATION, HeaderValue::from_static("@0"));
        if let Ok(link) = HeaderValue::from_str(&format!("<{}>; rel=\"successor-version\"", successor.path)) {
            let _full = headers.try_append(LINK, link);
        }
    }
}

/// Turns an error into its problem document.
fn explain(error: GatewayError, instance: &str, exchange: &mut Exchange) -> Response<Source> {
    let refused = matches!(error, GatewayError::Refused(_) | GatewayError::BodyTooLarge { .. } | GatewayError::Form(_));
    let problem = Problem::from(error);
    exchange.problem = Some(problem.code());
    let instance = if refused && instance == "/" { None } else { Some(instance) };
    let mut response = problem.into_http(instance, exchange.request_id().to_str().ok()).map(Source::from);
    if refused {
        // What follows on this connection cannot be trusted, or is a body that nobody will read.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// What every answer carries.
fn finish(plane: &Plane, headers: &mut HeaderMap, exchange: &Exchange, origin: Option<HeaderValue>) {
    headers.insert(problem::REQUEST_ID, exchange.request_id().clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(standing) = exchange.standing {
        plane.shared.limits.finish(standing, headers);
    }
    plane.shared.cors.finish(headers, origin);
    if plane.drain.since().is_some() {
        // The client shall take its next request to another connection.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}
