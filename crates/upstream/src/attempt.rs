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

/// What a call brings, in memory of its own: it is large, and a call is several futures deep.
pub type Answer = Box<Response<ResponseBody>>;

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
    permit: Permit<'_>,
    request: &mut Request<RequestBody>,
    terms: &mut Terms<'_>,
) -> Result<Answer, Lost> {
    let added = Added { timeout: if terms.tells { terms.left(permit.given) } else { None }, fields: terms.fields };
    let deadline = terms.deadline();
    if let Some(witness) = terms.witness {
        witness.begins();
    }
    // In a block of its own, as an answer that lived on while its body is collected would have a place in the future of every call.
    let collecting = {
        let answered = match terms.overdue() {
            None => awaited(inner, pool, permit.index, request, added, deadline).await,
            // Uploads are long, and few: they may cost an allocation.
            Some(overdue) => tokio::select! {
                answered = Box::pin(awaited(inner, pool, permit.index, request, added, deadline)) => answered,
                () = overdue => Err(Lost::Final(Failure::ResponseTimeout)),
            },
        };
        if let (Some(witness), Ok(response)) = (terms.witness, &answered) {
            witness.head(response.headers());
        }
        if !is_collected(&answered, terms.collect) {
            return settled(inner, permit, answered, terms);
        }
        Box::pin(collected(answered, terms.rest()))
    };
    settled(inner, permit, collecting.await, terms)
}

/// What came of it, after the breaker was told.
fn settled(
    inner: &Inner,
    mut permit: Permit<'_>,
    mut answered: Result<Answer, Lost>,
    terms: &Terms<'_>,
) -> Result<Answer, Lost> {
    let is_late = |lost: &Lost| matches!(lost.failure(), Failure::ConnectionTimeout | Failure::ResponseTimeout);
    let verdict = match &answered {
        Ok(_) if terms.excuses => Verdict::Good,
        Ok(response) => of_status(response.status()),
        Err(lost) if is_late(lost) && terms.are_short(permit.given) => Verdict::Nothing,
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
) -> Result<Answer, Lost> {
    if inner.is_severed() {
        return Err(Lost::Unsent(Failure::ConnectionRefused));
    }
    match &*inner.kind {
        Kind::Local(local) => {
            let mut request = std::mem::take(request);
            added.put(request.headers_mut());
            within(deadline, local.send(request)).await.map(Box::new).map_err(|failure| match failure {
                Failure::ConnectionTerminated | Failure::ResponseIncomplete => Lost::Broken(failure),
                failure => Lost::Final(failure),
            })
        }
        Kind::Remote(remote) => remote.send(pool, target, request, added, deadline).await,
    }
}

/// Whether there is a body that is still to come, and small enough to be taken in.
fn is_collected(answered: &Result<Answer, Lost>, limit: u64) -> bool {
    let Ok(response) = answered else { return false };
    let body = response.body();
    !body.is_in_memory() && body.size_hint().exact().is_some_and(|length| length > 0 && length <= limit)
}

/// Takes in what is small. A body that is cut may be asked for again; one that stalls would only stall again.
async fn collected(answered: Result<Answer, Lost>, deadline: Instant) -> Result<Answer, Lost> {
    let mut response = answered?;
    match tokio::time::timeout_at(deadline.into(), response.body_mut().collect_here()).await {
        Ok(Some(())) => Ok(response),
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
