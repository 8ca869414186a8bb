//! One attempt of a call: at one target, with a verdict for its breaker.

use std::time::Instant;

use http::header::HeaderName;
use http::{Request, Response, StatusCode};
use http_body::Body as _;

use crate::added::Added;
use crate::body::{RequestBody, ResponseBody};
use crate::breaker::Verdict;
use crate::clock::millis;
use crate::failure::Failure;
use crate::pool::Pool;
use crate::target::Permit;
use crate::terms::Terms;
use crate::{Inner, Kind, within};

/// How many whole milliseconds, at least one, a service has to answer. Services read it as `boot` has it.
pub const TIMEOUT: HeaderName = HeaderName::from_static("x-internal-timeout-ms");

/// Takes a request out of the place in which it lies, because a call is several futures deep and a request is large.
pub(crate) fn taken(request: &mut Request<RequestBody>) -> Request<RequestBody> {
    std::mem::replace(request, Request::new(RequestBody::Empty))
}

/// Why an attempt brought no answer, and whether it may be made again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lost {
    /// Not a byte of the request was sent; it is back in its place.
    Unsent(Failure),
    /// The request may have been received, but the connection ended before its answer was complete.
    Broken(Failure),
    /// Sending it again would not help, or would take as long again.
    Final(Failure),
}

impl Lost {
    pub(crate) fn failure(self) -> Failure {
        match self {
            Self::Unsent(failure) | Self::Broken(failure) | Self::Final(failure) => failure,
        }
    }
}

pub(crate) async fn attempt(
    inner: &Inner,
    pool: &Pool,
    mut permit: Permit<'_>,
    request: &mut Request<RequestBody>,
    terms: &mut Terms<'_>,
) -> Result<Response<ResponseBody>, Lost> {
    let added = Added { timeout: if terms.tells { terms.left(permit.given) } else { None }, fields: terms.fields };
    let deadline = terms.deadline();
    let mut answered = match terms.overdue() {
        None => awaited(inner, pool, permit.index, request, added, deadline).await,
        // Uploads are long, and few: they may cost an allocation.
        Some(overdue) => tokio::select! {
            answered = Box::pin(awaited(inner, pool, permit.index, request, added, deadline)) => answered,
            () = overdue => Err(Lost::Final(Failure::ResponseTimeout)),
        },
    };
    if let Ok(response) = &mut answered
        && let Some(lost) = collected(response, terms.collect, terms.rest()).await
    {
        answered = Err(lost);
    }
    let verdict = match &answered {
        Ok(_) if terms.excuses => Verdict::Good,
        Ok(response) => of_status(response.status()),
        Err(lost) => of_failure(lost.failure()),
    };
    permit.settle(verdict);
    if let Ok(response) = &mut answered
        && verdict == Verdict::Good
        && inner.policy.breaker
    {
        response.body_mut().watch(|| permit.watch(millis(inner.policy.body_idle)));
    }
    answered
}

/// Sends the request, and waits no longer for the head of its answer than it may.
async fn awaited(
    inner: &Inner,
    pool: &Pool,
    target: usize,
    request: &mut Request<RequestBody>,
    added: Added<'_>,
    deadline: Instant,
) -> Result<Response<ResponseBody>, Lost> {
    if inner.is_severed() {
        return Err(Lost::Unsent(Failure::ConnectionRefused));
    }
    match &*inner.kind {
        Kind::Local(local) => {
            let mut request = taken(request);
            added.put(request.headers_mut());
            within(deadline, local.send(request)).await.map_err(|failure| match failure {
                Failure::ConnectionTerminated | Failure::ResponseIncomplete => Lost::Broken(failure),
                failure => Lost::Final(failure),
            })
        }
        Kind::Remote(remote) => remote.send(pool, target, request, added, deadline).await,
    }
}

/// Takes in what is small. A body that is cut may be asked for again; one that stalls would only stall again.
async fn collected(response: &mut Response<ResponseBody>, limit: u64, deadline: Instant) -> Option<Lost> {
    let body = response.body_mut();
    let is_small = body.size_hint().exact().is_some_and(|length| length > 0 && length <= limit);
    if !is_small || body.is_in_memory() {
        return None;
    }
    match tokio::time::timeout_at(deadline.into(), body.collect_here()).await {
        Ok(Some(())) => None,
        Ok(None) => Some(Lost::Broken(Failure::ResponseIncomplete)),
        Err(_elapsed) => Some(Lost::Final(Failure::ResponseIncomplete)),
    }
}

fn of_status(status: StatusCode) -> Verdict {
    match status {
        StatusCode::INTERNAL_SERVER_ERROR
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Verdict::Bad,
        _ => Verdict::Good,
    }
}

fn of_failure(failure: Failure) -> Verdict {
    match failure {
        Failure::Dns
        | Failure::ConnectionRefused
        | Failure::ConnectionTimeout
        | Failure::Unreachable
        | Failure::ConnectionTerminated
        | Failure::ResponseTimeout => Verdict::NoAnswer,
        Failure::ResponseIncomplete | Failure::ProtocolError => Verdict::Bad,
        // More than this caller takes: that does not make the target bad.
        Failure::ResponseTooLarge => Verdict::Good,
        // The caller's own fault, or no call at all.
        Failure::RequestBody | Failure::CircuitOpen(_) | Failure::BulkheadFull => Verdict::Nothing,
    }
}
