//! The body of a request, if there is one: all of it, or a stream with its progress.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::poll_immediate;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use upstream::{Failure, RequestBody};

use super::Call;
use crate::body::{Progress, Upload};
use crate::error::GatewayError;
use crate::form::{Rewriter, Rewritten};
use crate::listener::Connection;
use crate::plane::Plane;
use crate::surface::Compiled;

/// Request bodies of a known length up to this are collected before the service is called.
const COLLECTED_REQUEST: u64 = 64 * 1024;

/// The body of a request before it is sent on.
pub(crate) enum Intake {
    /// What the client sends.
    Incoming(Incoming),
    /// What was made of it.
    Ready(Bytes),
}

impl Default for Intake {
    /// None.
    fn default() -> Self {
        Self::Ready(Bytes::new())
    }
}

impl Intake {
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Incoming(body) => body.is_end_stream(),
            Self::Ready(bytes) => bytes.is_empty(),
        }
    }

    /// Takes in what has arrived and nobody wants, and says whether that was all of it. Nothing is waited for.
    pub(crate) async fn is_spent(&mut self) -> bool {
        let Self::Incoming(body) = self else { return true };
        let (mut unwanted, mut is_asked) = (0, false);
        while unwanted <= UNWANTED && !body.is_end_stream() {
            match poll_immediate(body.frame()).await {
                Some(Some(Ok(frame))) => {
                    unwanted += frame.data_ref().map_or(0, Bytes::len);
                    is_asked = false;
                }
                Some(None) => return true,
                // hyper gives what has arrived when it has been asked and had its turn.
                None if !is_asked => {
                    is_asked = true;
                    tokio::task::yield_now().await;
                }
                Some(Some(Err(_))) | None => return false,
            }
        }
        body.is_end_stream()
    }
}

/// So much is taken in of a body that nobody wants.
const UNWANTED: usize = 64 * 1024;

/// The length that a request announces for its body.
pub(crate) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What renames the fields of the body, where the route says so and the body is a form.
pub(super) fn rewriter(headers: &mut HeaderMap, call: &Call<'_>) -> Result<Option<Rewriter>, GatewayError> {
    let Some(renames) = call.route.and_then(Compiled::form) else { return Ok(None) };
    Ok(Rewriter::for_request(headers, renames)?)
}

/// Why the gateway broke off a body itself.
pub(super) fn refused(progress: &Progress, call: &Call<'_>) -> Option<GatewayError> {
    if progress.is_too_large() {
        return Some(GatewayError::BodyTooLarge { limit: call.body_limit });
    }
    progress.refusal().cloned().map(GatewayError::Form)
}

/// Takes a body in: all of it, or a stream with its progress.
pub(super) async fn receive(
    plane: &Plane,
    body: Intake,
    rewriter: Option<Rewriter>,
    call: &Call<'_>,
    connection: &Connection,
) -> Result<(RequestBody, Option<Arc<Progress>>), GatewayError> {
    let body = match body {
        Intake::Ready(bytes) => return Ok((RequestBody::from(bytes), None)),
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
