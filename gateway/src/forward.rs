//! One request to one upstream, streaming both bodies.
//!
//! Small bodies are collected instead: a request's, so that its deadline starts when it is complete and a slow
//! client never occupies a service; an answer's, so that one that is cut becomes a 502 and not a broken answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, RETRY_AFTER, TRANSFER_ENCODING};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, Version};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use principal::ASSERTION;
use upstream::{Failure, Field, RequestBody, Terms, Upstream};

use crate::body::{Progress, Source, Upload};
use crate::cache;
use crate::context::Context;
use crate::error::GatewayError;
use crate::fields::{self, Receiver};
use crate::form::{Rewriter, Rewritten};
use crate::listener::Connection;
use crate::media;
use crate::plane::Plane;
use crate::surface::Compiled;
use crate::tunnel::Tunnel;

/// Request bodies of a known length up to this are collected before the service is called.
const COLLECTED_REQUEST: u64 = 64 * 1024;

/// Answers of a known length up to this are collected before their head is sent.
const COLLECTED_ANSWER: u64 = 16 * 1024;

/// One call, as the plan and the phases before it decided.
pub(crate) struct Call<'a> {
    pub(crate) upstream: &'a Upstream,
    /// The index of the service among the names of the metrics.
    pub(crate) service: usize,
    pub(crate) receiver: Receiver,
    pub(crate) target: PathAndQuery,
    pub(crate) timeout: Duration,
    pub(crate) body_limit: u64,
    pub(crate) assertion: Option<HeaderValue>,
    /// Whether the route lets a client ask for a WebSocket.
    pub(crate) websocket: bool,
    /// The route, whose contract declares statuses; what it does not declare must be a problem document.
    pub(crate) route: Option<&'a Compiled>,
    /// Whether the request has its place among those that wait for services already, or needs none.
    pub(crate) has_place: bool,
}

/// The body of a request before it is sent on.
pub(crate) enum Intake {
    /// What the client sends.
    Incoming(Incoming),
    /// What was made of it.
    Ready(Bytes),
}

/// Takes a request out of its place.
pub(crate) fn taken(request: &mut Request<Intake>) -> Request<Intake> {
    std::mem::replace(request, Request::new(Intake::Ready(Bytes::new())))
}

impl Intake {
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Incoming(body) => body.is_end_stream(),
            Self::Ready(bytes) => bytes.is_empty(),
        }
    }
}

/// Sends `request` where `call` says and returns the answer as the client may see it. Its fields and its body are taken; what they
/// were is in no other place while they are sent, because a call is several futures deep.
pub(crate) async fn forward(
    plane: &Plane,
    connection: &Connection,
    context: &Context,
    call: &Call<'_>,
    request: &mut Request<Intake>,
) -> Result<Response<Source>, GatewayError> {
    let writes = !request.method().is_safe();
    let tunnel = call.websocket.then(|| Tunnel::asked_for(request)).flatten();
    let is_empty = request.body().is_empty();
    if !is_empty && declared_length(request.headers()).is_some_and(|length| length > call.body_limit) {
        return Err(GatewayError::BodyTooLarge { limit: call.body_limit });
    }
    let rewriter = if is_empty || matches!(request.body(), Intake::Ready(_)) {
        None
    } else {
        rewriter(request.headers_mut(), call)?
    };
    let host = request.headers().get(HOST).cloned();
    prepare(request.headers_mut(), call, plane, connection);
    let inspection = plane.shared.conformance.inspection(context.route, request.method(), &plane.sampling);
    if let Some(inspection) = &inspection {
        inspection.prepare(request.headers_mut());
    }
    if let Some(tunnel) = &tunnel {
        tunnel.ask(request.headers_mut());
    }
    // The deadline starts when the request is complete, which one without a body is from the start.
    let complete = is_empty.then_some(context.started);
    let (body, progress) = if is_empty {
        (RequestBody::Empty, None)
    } else {
        let intake = std::mem::replace(request.body_mut(), Intake::Ready(Bytes::new()));
        Box::pin(receive(plane, intake, rewriter, call, connection)).await?
    };
    let mut outgoing = Request::new(body);
    go_out(&mut outgoing, request, call, progress.is_some());
    let added = added(call, plane, connection, context, (request.version(), host.as_ref()));
    // Taken now that the request is here: whoever is slow to send one, waits for nobody and takes nobody's place.
    let counts = !call.has_place && progress.is_none();
    let _place = if counts { Some(plane.shared.waiting.enter()?) } else { None };
    let deadline = complete.unwrap_or_else(Instant::now) + call.timeout;
    let terms = terms(call, progress.as_ref(), deadline).adding(&added);
    let mut answered = match call.upstream.send(&plane.pool, &mut outgoing, terms).await {
        Ok(response) if response.status() == StatusCode::SWITCHING_PROTOCOLS => match tunnel {
            Some(tunnel) => return Ok(tunnel.open(plane, connection, response)),
            // Nobody asked for another protocol.
            None => Err(Failure::ProtocolError),
        },
        Ok(response) => Ok(response.map(Source::from)),
        Err(failure) => Err(failure),
    };
    if let Some(inspection) = &inspection
        && let Ok(response) = answered
    {
        // A streamed upload may have taken longer than the call may; what is left to wait for starts now.
        let deadline = if progress.is_some() { Instant::now() + call.timeout } else { deadline };
        answered = Box::pin(inspection.hold_back(response, deadline)).await;
    }
    plane.metrics.called(call.service, answered.as_ref().err().copied());
    if let Some(refused) = progress.and_then(|progress| refused(&progress, call)) {
        return Err(refused);
    }
    let mut response = answered.map_err(|failure| plane.upstream_error(call.upstream, failure))?;
    if writes {
        plane.shared.cache.end_named(response.headers());
    }
    publish(response.headers_mut(), call, plane);
    if let Some(inspection) = inspection {
        response = Box::pin(inspection.inspect(response, &context.request_id)).await?;
    }
    judge(&response, call)?;
    Ok(response)
}

/// The length that a request announces for its body.
pub(crate) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What renames the fields of the body, where the route says so and the body is a form.
fn rewriter(headers: &mut HeaderMap, call: &Call<'_>) -> Result<Option<Rewriter>, GatewayError> {
    let Some(renames) = call.route.and_then(Compiled::form) else { return Ok(None) };
    Ok(Rewriter::for_request(headers, renames)?)
}

/// Why the gateway broke off a body itself.
fn refused(progress: &Progress, call: &Call<'_>) -> Option<GatewayError> {
    if progress.is_too_large() {
        return Some(GatewayError::BodyTooLarge { limit: call.body_limit });
    }
    progress.refusal().cloned().map(GatewayError::Form)
}

/// Makes the client's fields those of the call, but for what is added on its way.
fn prepare(headers: &mut HeaderMap, call: &Call<'_>, plane: &Plane, connection: &Connection) {
    let trusted = plane.trusts(connection.peer.ip());
    fields::to_upstream(headers, call.receiver, trusted);
    match call.receiver {
        Receiver::Service => cache::of_parts(headers),
        Receiver::Origin => fields::withhold_cookie(headers, &plane.settings().auth.cookie.name),
        Receiver::Own => {}
    }
    if trusted && call.route.and_then(Compiled::prefix).is_some() {
        headers.remove(problem::FORWARDED_PREFIX);
    }
}

/// What the call gets on its way: who asks whom, for which request, and who the caller is.
fn added<'a>(
    call: &'a Call<'_>,
    plane: &Plane,
    connection: &'a Connection,
    context: &'a Context,
    (version, host): (Version, Option<&'a HeaderValue>),
) -> [Option<Field<'a>>; 8] {
    static REQUEST_ID: HeaderName = problem::REQUEST_ID;
    static FORWARDED_PREFIX: HeaderName = problem::FORWARDED_PREFIX;
    static CALLER: HeaderName = ASSERTION;
    let trusted = plane.trusts(connection.peer.ip());
    let [via, for_whom, forwarded, proto, host] = fields::on_the_way(version, &connection.forwarded, trusted, host);
    let request_id = Some((&REQUEST_ID, &context.request_id));
    let prefix = call.route.and_then(Compiled::prefix).map(|prefix| (&FORWARDED_PREFIX, prefix));
    let assertion = call.assertion.as_ref().map(|assertion| (&CALLER, assertion));
    [via, for_whom, forwarded, proto, host, request_id, prefix, assertion]
}

/// Makes `outgoing`, which has its body already, the request of the call. Nothing of the client's crosses but its method and its
/// fields.
fn go_out(outgoing: &mut Request<RequestBody>, request: &mut Request<Intake>, call: &Call<'_>, streams: bool) {
    *outgoing.method_mut() = request.method().clone();
    *outgoing.uri_mut() = Uri::from(call.target.clone());
    *outgoing.headers_mut() = std::mem::take(request.headers_mut());
    if streams && outgoing.body().size_hint().exact().is_none() {
        // Said aloud: a service of this process sees no framing but this.
        outgoing.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
}

/// Makes the head of the answer the client's.
fn publish(headers: &mut HeaderMap, call: &Call<'_>, plane: &Plane) {
    match call.receiver {
        Receiver::Own => {}
        Receiver::Service => {
            fields::to_client(headers, call.receiver);
            plane.surface().places.tell(headers, call.service, call.target.path());
        }
        Receiver::Origin => {
            fields::to_client(headers, call.receiver);
            fields::withhold_cookie(headers, &plane.settings().auth.cookie.name);
        }
    }
}

/// Takes the body in: nothing, all of it, or a stream with its progress.
async fn receive(
    plane: &Plane,
    body: Intake,
    rewriter: Option<Rewriter>,
    call: &Call<'_>,
    connection: &Connection,
) -> Result<(RequestBody, Option<Arc<Progress>>), GatewayError> {
    let body = match body {
        Intake::Ready(bytes) => return Ok((RequestBody::from(bytes), None)),
        Intake::Incoming(body) if body.is_end_stream() => return Ok((RequestBody::Empty, None)),
        Intake::Incoming(body) => body,
    };
    let small = body.size_hint().exact().is_some_and(|length| length <= COLLECTED_REQUEST);
    let (upload, progress) = Upload::new(body, call.body_limit, Arc::clone(&connection.state));
    let Some(rewriter) = rewriter else {
        return if small {
            Ok((collect_request(plane, upload, &progress, call).await?, None))
        } else {
            Ok((RequestBody::stream(upload), Some(progress)))
        };
    };
    let rewritten = Rewritten::new(upload, rewriter, Arc::clone(&progress));
    if small {
        Ok((collect_request(plane, rewritten, &progress, call).await?, None))
    } else {
        Ok((RequestBody::stream(rewritten), Some(progress)))
    }
}

async fn collect_request<B: http_body::Body<Data = Bytes>>(
    plane: &Plane,
    body: B,
    progress: &Progress,
    call: &Call<'_>,
) -> Result<RequestBody, GatewayError> {
    match body.collect().await {
        Ok(collected) => Ok(RequestBody::from(collected.to_bytes())),
        Err(_) => {
            Err(refused(progress, call).unwrap_or_else(|| plane.upstream_error(call.upstream, Failure::RequestBody)))
        }
    }
}

/// The whole body of a request, at most `limit` bytes of it.
pub(crate) async fn taken_in(body: Incoming, limit: u64, connection: &Connection) -> Result<Bytes, GatewayError> {
    let (upload, progress) = Upload::new(body, limit, Arc::clone(&connection.state));
    match upload.collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(_) if progress.is_too_large() => Err(GatewayError::BodyTooLarge { limit }),
        Err(_) => Err(GatewayError::MalformedBody),
    }
}

/// How long the call may take. While a body streams in, only the limits of the upload apply; the deadline starts at its end.
fn terms<'a>(call: &Call<'_>, progress: Option<&Arc<Progress>>, deadline: Instant) -> Terms<'a> {
    let terms = match progress.map(Arc::clone) {
        None => Terms::until(deadline),
        Some(progress) => Terms::after_upload(async move { progress.ended().await }, call.timeout),
    };
    let terms = terms.collecting(COLLECTED_ANSWER);
    let terms = if call.receiver == Receiver::Service { terms.telling() } else { terms };
    if call.route.is_some_and(|route| !route.breaker) { terms.excusing() } else { terms }
}

/// A service's own errors pass if its contract declares them or they are problem documents already; otherwise the
/// client gets the same status with a problem document and the log keeps the original.
fn judge(response: &Response<Source>, call: &Call<'_>) -> Result<(), GatewayError> {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || call.receiver == Receiver::Origin {
        return Ok(());
    }
    let service = call.upstream.name();
    if status == StatusCode::UNAUTHORIZED && call.receiver == Receiver::Service {
        tracing::error!(service, "the service does not accept the gateway's assertion: are the keys the same?");
        return Err(GatewayError::IdentityRejected { service: service.into() });
    }
    let media_type = media::of(response.headers());
    if media::is_problem(media_type) || call.route.is_some_and(|route| route.declares(status, media_type)) {
        return Ok(());
    }
    tracing::warn!(service, %status, media_type, "the service answered with an error that its contract does not declare");
    Err(GatewayError::Undeclared { status, retry_after: response.headers().get(RETRY_AFTER).cloned() })
}
