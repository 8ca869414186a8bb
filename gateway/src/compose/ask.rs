//! One call of a part: it asks, waits no longer than it may, and takes the whole answer in.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::RETRY_AFTER;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri};
use http_body::Body;
use http_body_util::BodyExt as _;
use upstream::{Failure, RequestBody, ResponseBody, Terms, Upstream};

use super::{PartFailure, Refusal};
use crate::media;
use crate::plan::{ContractMode, ServiceId};
use crate::plane::Plane;

/// One call, ready to be sent.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) service: usize,
    pub(super) target: PathAndQuery,
    pub(super) headers: HeaderMap,
    /// Those of the fields that are bound to values.
    pub(super) own: Vec<(HeaderName, HeaderValue)>,
    pub(super) deadline: Instant,
    /// How long it may take where nothing has taken of its time before.
    pub(super) usual: Duration,
}

/// Sends a question and returns the JSON that is answered; `None` if there is none (204). `learn` is told the head of an
/// answer of which something becomes part of the whole: also of one that says that there is nothing.
pub(super) async fn ask(
    plane: &Plane,
    held: &Held<'_>,
    question: Question,
    learn: impl Fn(StatusCode, &HeaderMap),
) -> Result<Option<Bytes>, PartFailure> {
    let upstream = plane.surface().upstreams.get(question.service).ok_or(PartFailure::Call(Failure::Unreachable))?;
    let (service, deadline) = (question.service, question.deadline);
    let answered = send(plane, upstream, question).await;
    plane.metrics.called(service, answered.as_ref().err().copied());
    let response = answered.map_err(PartFailure::Call)?;
    let status = response.status();
    if status.is_success() || status == StatusCode::NOT_FOUND {
        learn(status, response.headers());
    }
    if !status.is_success() {
        told(upstream, status);
        held.note(plane, &response);
        let retry_after = response.headers().get(RETRY_AFTER).cloned();
        let refusal = Box::pin(Refusal::read(response, deadline)).await;
        return Err(
            refusal.map_or(PartFailure::Status(status, retry_after), |refusal| PartFailure::Refused(Box::new(refusal)))
        );
    }
    if status == StatusCode::NO_CONTENT {
        return Ok(None);
    }
    let limit = plane.settings().limits.part_bytes;
    let readable = is_json(response.headers());
    let (head, body) = response.into_parts();
    match of_upstream(body, deadline, limit).await {
        Ok(body) => {
            let answer = Response::from_parts(head, body);
            held.hold(plane, &answer, readable).await?;
            Ok(Some(answer.into_body()))
        }
        Err(failure) => {
            if let PartFailure::Call(failure) = &failure {
                plane.metrics.broke(service, *failure);
            }
            Err(failure)
        }
    }
}

/// What the answer of a call is held to.
pub(super) struct Held<'a> {
    pub(super) mode: ContractMode,
    pub(super) operation: (ServiceId, &'a str),
    pub(super) request_id: &'a HeaderValue,
}

impl Held<'_> {
    fn note(&self, plane: &Plane, response: &Response<ResponseBody>) {
        let head = (response.status(), response.headers());
        plane.shared.conformance.note(self.mode, self.operation, head, self.request_id);
    }

    /// Whether the body is what can be read and, where the route insists, what the contract says.
    async fn hold(&self, plane: &Plane, answer: &Response<Bytes>, readable: bool) -> Result<(), PartFailure> {
        let held = plane.shared.conformance.hold(self.mode, self.operation, answer, self.request_id).await;
        match held {
            Err(_) => Err(PartFailure::Contract),
            Ok(()) if readable => Ok(()),
            Ok(()) => Err(PartFailure::NotUsable),
        }
    }
}

async fn send(plane: &Plane, upstream: &Upstream, question: Question) -> Result<Response<ResponseBody>, Failure> {
    let mut request = Request::new(RequestBody::Empty);
    *request.uri_mut() = Uri::from(question.target);
    *request.headers_mut() = question.headers;
    let terms = Terms::until(question.deadline).telling().usually(question.usual);
    let terms = terms.collecting(plane.settings().limits.part_bytes);
    upstream.send(&plane.pool, &mut request, terms).await.map(|answer| *answer)
}

/// The operator learns at once that a service does not know the gateway.
fn told(upstream: &Upstream, status: StatusCode) {
    if status == StatusCode::UNAUTHORIZED {
        let service = upstream.name();
        tracing::error!(service, "the service does not accept the gateway's assertion: are the keys the same?");
    }
}

/// Whether the body is JSON that can be read as it is, and no problem document.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let media_type = media::of(headers);
    media::is_json(media_type) && !media::is_problem(media_type) && !media::is_encoded(headers)
}

/// The whole body of an upstream's answer, within its deadline and its size.
pub(crate) async fn of_upstream(body: ResponseBody, deadline: Instant, limit: u64) -> Result<Bytes, PartFailure> {
    let mut body = match body.into_bytes() {
        Ok(bytes) if bytes.len() as u64 <= limit => return Ok(bytes),
        Ok(_) => return Err(PartFailure::TooLarge),
        Err(body) => body,
    };
    let collected = collect(&mut body, deadline, limit).await;
    if matches!(collected, Err(PartFailure::Call(_))) {
        body.stalled();
    }
    collected
}

/// The whole body, within its deadline and its size.
pub(crate) async fn collect<B>(body: B, deadline: Instant, limit: u64) -> Result<Bytes, PartFailure>
where
    B: Body<Data = Bytes> + Unpin,
{
    match tokio::time::timeout_at(deadline.into(), whole(body, limit)).await {
        Ok(collected) => collected,
        Err(_elapsed) => Err(PartFailure::Call(Failure::ResponseIncomplete)),
    }
}

/// Usually the body is one frame, which is taken as it is.
async fn whole<B: Body<Data = Bytes> + Unpin>(mut body: B, limit: u64) -> Result<Bytes, PartFailure> {
    if body.size_hint().lower() > limit {
        return Err(PartFailure::TooLarge);
    }
    let mut collected = Bytes::new();
    let mut joined = BytesMut::new();
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else { break };
        let Ok(frame) = frame else { return Err(PartFailure::Call(Failure::ResponseIncomplete)) };
        let Ok(data) = frame.into_data() else { continue };
        if (joined.len() + collected.len() + data.len()) as u64 > limit {
            return Err(PartFailure::TooLarge);
        }
        if collected.is_empty() && joined.is_empty() {
            collected = data;
        } else {
            if joined.is_empty() {
                // Room for all of a body of known length, which the limit bounds.
                let coming = usize::try_from(body.size_hint().lower()).unwrap_or_default();
                joined.reserve(collected.len() + data.len() + coming);
            }
            joined.extend_from_slice(&std::mem::take(&mut collected));
            joined.extend_from_slice(&data);
        }
    }
    Ok(if joined.is_empty() { collected } else { joined.freeze() })
}

/// Leaves of the fields that go to a service those of a part's request: what says who asks and how, nothing about a body or
/// about what the client keeps.
pub(super) fn inherit(headers: &mut HeaderMap) {
    headers.insert(http::header::ACCEPT, HeaderValue::from_static("application/json"));
    let of_the_whole: Vec<HeaderName> = headers.keys().filter(|name| is_of_the_whole(name)).cloned().collect();
    for name in of_the_whole {
        headers.remove(name);
    }
}

/// What concerns the representation of the whole answer, and not a part of it.
pub(super) fn is_of_the_whole(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "accept-encoding"
            | "if-match"
            | "if-none-match"
            | "if-modified-since"
            | "if-unmodified-since"
            | "if-range"
            | "range"
            | "content-type"
            | "content-length"
            | "content-encoding"
            | "te"
            | "connection"
            | "expect"
            | "prefer"
            | "idempotency-key"
            | "host"
            | "trailer"
    )
}
