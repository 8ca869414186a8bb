//! One attempt of a call: at one target, with a verdict for its breaker.

use std::time::Instant;

use http::header::HeaderName;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::Body as _;

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

/// Why an attempt brought no answer, and whether it may be made again.
pub(crate) enum Lost {
    /// Not a byte of the request was sent, and here it is.
    Unsent(Failure, Box<Request<RequestBody>>),
    /// The request may have been received, but the connection ended before its answer was complete.
    Broken(Failure),
    /// Sending it again would not help, or would take as long again.
    Final(Failure),
}

impl Lost {
    pub(crate) fn failure(&self) -> Failure {
        match self {
            Self::Unsent(failure, _) | Self::Broken(failure) | Self::Final(failure) => *failure,
        }
    }
}

pub(crate) async fn attempt(
    inner: &Inner,
    pool: &Pool,
    mut permit: Permit<'_>,
    mut request: Request<RequestBody>,
    terms: &mut Terms,
) -> Result<Response<ResponseBody>, Lost> {
    if let Some(left) = terms.left().filter(|_| terms.tells) {
        request.headers_mut().insert(TIMEOUT, HeaderValue::from(millis(left).max(1)));
    }
    let answered = match awaited(inner, pool, permit.index, request, terms).await {
        Ok(response) => collected(response, terms.collect, terms.rest()).await,
        Err(lost) => Err(lost),
    };
    let verdict = match &answered {
        Ok(response) => of_status(response.status()),
        Err(lost) => of_failure(lost.failure()),
    };
    permit.settle(verdict);
    let mut response = answered?;
    if verdict == Verdict::Good && inner.policy.breaker {
        response.body_mut().watch(|| permit.watch(millis(inner.policy.body_idle)));
    }
    Ok(response)
}

/// Sends the request, and waits no longer for the head of its answer than the terms allow.
async fn awaited(
    inner: &Inner,
    pool: &Pool,
    target: usize,
    request: Request<RequestBody>,
    terms: &mut Terms,
) -> Result<Response<ResponseBody>, Lost> {
    if inner.is_severed() {
        return Err(Lost::Unsent(Failure::ConnectionRefused, Box::new(request)));
    }
    let deadline = terms.deadline();
    let sending = async {
        match &*inner.kind {
            Kind::Local(local) => within(deadline, local.send(request)).await.map_err(|failure| match failure {
                Failure::ConnectionTerminated | Failure::ResponseIncomplete => Lost::Broken(failure),
                failure => Lost::Final(failure),
            }),
            Kind::Remote(remote) => remote.send(pool, target, request, deadline).await,
        }
    };
    match terms.overdue() {
        None => sending.await,
        Some(overdue) => tokio::select! {
            answered = sending => answered,
            () = overdue => Err(Lost::Final(Failure::ResponseTimeout)),
        },
    }
}

/// Takes in what is small. A body that is cut may be asked for again; one that stalls would only stall again.
async fn collected(
    response: Response<ResponseBody>,
    limit: u64,
    deadline: Instant,
) -> Result<Response<ResponseBody>, Lost> {
    let is_small = response.body().size_hint().exact().is_some_and(|length| length > 0 && length <= limit);
    if !is_small {
        return Ok(response);
    }
    let (head, body) = response.into_parts();
    match tokio::time::timeout_at(deadline.into(), body.collected()).await {
        Ok(Some(bytes)) => Ok(Response::from_parts(head, ResponseBody::buffered(bytes))),
        Ok(None) => Err(Lost::Broken(Failure::ResponseIncomplete)),
        Err(_elapsed) => Err(Lost::Final(Failure::ResponseIncomplete)),
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
