//! One request to one upstream, streaming both bodies.
//!
//! Small bodies are collected instead: a request's, so that its deadline starts when it is complete and a slow
//! client never occupies a service; an answer's, so that one that is cut becomes a 502 and not a broken answer.

mod head;
mod intake;

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{HOST, RETRY_AFTER};
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, StatusCode};
use upstream::{Failure, RequestBody, Terms, Upstream, Witness};

use crate::body::{Progress, Source};
use crate::conformance::Inspection;
use crate::context::Context;
use crate::error::GatewayError;
use crate::fields::Receiver;
use crate::listener::Connection;
use crate::media;
use crate::network::Network;
use crate::plane::Plane;
use crate::surface::Compiled;
use crate::tunnel::{Tunnel, is_websocket};

use head::{added, go_out, prepare, publish};
pub(crate) use intake::{Intake, declared_length, taken_in};
use intake::{receive, refused, rewriter};

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
    /// Who has to know what comes of it, if it may change something.
    pub(crate) witness: Option<&'a dyn Witness>,
    /// Whether the request has its place among those that wait for services already, or needs none.
    pub(crate) has_place: bool,
}

/// Sends `request` where `call` says and returns the answer as the client may see it. Its fields and its body are taken out of it.
pub(crate) async fn forward(
    plane: &Plane,
    connection: &Connection,
    context: &Context,
    call: &Call<'_>,
    request: &mut Request<Intake>,
) -> Result<Response<Source>, GatewayError> {
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
        let intake = std::mem::take(request.body_mut());
        Box::pin(receive(plane, intake, rewriter, call, connection)).await?
    };
    let mut outgoing = Request::new(body);
    go_out(&mut outgoing, request, call, progress.is_some());
    let added = added(call, plane, connection, context, (request.version(), host.as_ref()));
    // Taken now that the request is here: whoever is slow to send one, waits for nobody and takes nobody's place.
    let counts = !call.has_place && progress.is_none();
    let _place = if counts { Some(plane.shared.waiting.enter()?) } else { None };
    // An upload takes as long as its client likes: one client has a share of a service's places, and not all of them.
    let uploads = || plane.shared.uploads.enter(Network::of(context.client)).ok_or(GatewayError::Overloaded);
    let _share = if progress.is_some() { Some(uploads()?) } else { None };
    let deadline = complete.unwrap_or_else(Instant::now) + call.timeout;
    // Reading ends nothing (RFC 9875, section 3), also where the client's method is another one than the operation's.
    let witness = call.witness.filter(|_| !outgoing.method().is_safe());
    let terms = terms(call, progress.as_ref(), deadline).adding(&added).witnessed(witness);
    let conclude = |answered| concluded(plane, call, progress.as_deref(), answered);
    // In a block of its own: what lives in it has no place in the future while an inspection goes on, which is seldom.
    let inspecting = {
        let answered = match call.upstream.send(&plane.pool, &mut outgoing, terms).await {
            Ok(response) if response.status() == StatusCode::SWITCHING_PROTOCOLS => match tunnel {
                Some(tunnel) if is_websocket(response.headers()) => {
                    return Ok(tunnel.open(plane, connection, *response));
                }
                // Nobody asked for another protocol, or for that one.
                _ => Err(Failure::ProtocolError),
            },
            Ok(response) => Ok((*response).map(Source::from)),
            Err(failure) => Err(failure),
        };
        let Some(inspection) = inspection else {
            return conclude(answered).and_then(|response| judged(response, call));
        };
        // A streamed upload may have taken longer than the call may; what is left to wait for starts now.
        let deadline = if progress.is_some() { Instant::now() + call.timeout } else { deadline };
        Box::pin(inspected(inspection, answered, deadline, conclude, &context.request_id))
    };
    inspecting.await.and_then(|response| judged(response, call))
}

/// The answer as far as it was inspected: before anything is made of it, and after that.
async fn inspected(
    inspection: Inspection<'_>,
    answered: Result<Response<Source>, Failure>,
    deadline: Instant,
    conclude: impl FnOnce(Result<Response<Source>, Failure>) -> Result<Response<Source>, GatewayError>,
    request_id: &HeaderValue,
) -> Result<Response<Source>, GatewayError> {
    let answered = match answered {
        Ok(response) => inspection.hold_back(response, deadline).await,
        Err(failure) => Err(failure),
    };
    inspection.inspect(conclude(answered)?, request_id).await
}

/// What the client may see of what came, and why there is nothing.
fn concluded(
    plane: &Plane,
    call: &Call<'_>,
    progress: Option<&Progress>,
    answered: Result<Response<Source>, Failure>,
) -> Result<Response<Source>, GatewayError> {
    plane.metrics.called(call.service, answered.as_ref().err().copied());
    if let Some(refused) = progress.and_then(|progress| refused(progress, call)) {
        return Err(refused);
    }
    let mut response = answered.map_err(|failure| plane.upstream_error(call.upstream, failure))?;
    publish(response.headers_mut(), call, plane);
    Ok(response)
}

/// How long the call may take. While a body streams in, only the limits of the upload apply; the deadline starts at its end.
fn terms<'a>(call: &Call<'_>, progress: Option<&Arc<Progress>>, deadline: Instant) -> Terms<'a> {
    let terms = match progress.map(Arc::clone) {
        None => Terms::until(deadline).usually(call.timeout),
        Some(progress) => Terms::after_upload(async move { progress.ended().await }, call.timeout),
    };
    let terms = terms.collecting(COLLECTED_ANSWER);
    let terms = if call.receiver == Receiver::Service { terms.telling() } else { terms };
    if call.route.is_some_and(|route| !route.breaker) { terms.excusing() } else { terms }
}

/// A service's own errors pass if its contract declares them or they are problem documents already; otherwise the
/// client gets the same status with a problem document and the log keeps the original.
fn judged(response: Response<Source>, call: &Call<'_>) -> Result<Response<Source>, GatewayError> {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || call.receiver == Receiver::Origin {
        return Ok(response);
    }
    let service = call.upstream.name();
    if status == StatusCode::UNAUTHORIZED && call.receiver == Receiver::Service {
        tracing::error!(service, "the service does not accept the gateway's assertion: are the keys the same?");
        return Err(GatewayError::IdentityRejected { service: service.into() });
    }
    let media_type = media::of(response.headers());
    if media::is_problem(media_type) || call.route.is_some_and(|route| route.declares(status, media_type)) {
        return Ok(response);
    }
    tracing::warn!(service, %status, media_type, "the service answered with an error that its contract does not declare");
    Err(GatewayError::Undeclared { status, retry_after: response.headers().get(RETRY_AFTER).cloned() })
}
