//! One answer on its way through the data plane: held back, copied, or refused.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, TRAILER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use upstream::Failure;

use super::inspector::{Copied, Job};
use super::rules::Shape;
use super::tally::Outcome;
use super::violation::{Kind, Violation};
use super::watched::Watched;
use super::{Conformance, INLINE, LIMIT, Sampling, Tap};
use crate::body::Source;
use crate::error::GatewayError;
use crate::media;

/// What is to be done with the answer to one request.
pub(crate) struct Inspection<'c> {
    pub(super) conformance: &'c Conformance,
    pub(super) watched: &'c Arc<Watched>,
    pub(super) enforced: bool,
    /// The counters that decide, and the route, where only some answers are inspected.
    pub(super) sample: Option<(&'c Sampling, usize)>,
    pub(super) is_head: bool,
}

impl Inspection<'_> {
    /// Asks for an answer that can be read, where it has to be.
    pub(crate) fn prepare(&self, headers: &mut HeaderMap) {
        if self.enforced {
            headers.remove(ACCEPT_ENCODING);
        }
    }

    /// Waits for the whole body, where it is enforced. What is a stream afterwards is larger than what is inspected.
    pub(crate) async fn hold_back(
        &self,
        response: Response<Source>,
        deadline: Instant,
    ) -> Result<Response<Source>, Failure> {
        let (mut head, source) = response.into_parts();
        let mut body = match source {
            Source::Upstream(body) if self.enforced && body.size_hint().lower() <= LIMIT as u64 => body,
            source => return Ok(Response::from_parts(head, source)),
        };
        // What comes after the body is not kept with it.
        head.headers.remove(TRAILER);
        let source = match tokio::time::timeout_at(deadline.into(), Limited::new(&mut body, LIMIT).collect()).await {
            Ok(Ok(collected)) => Source::from(collected.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Source::Upstream(body),
            Ok(Err(_)) => return Err(Failure::ResponseIncomplete),
            Err(_elapsed) => {
                body.stalled();
                return Err(Failure::ResponseIncomplete);
            }
        };
        Ok(Response::from_parts(head, source))
    }

    /// Judges an answer, or has a copy of it judged.
    ///
    /// # Errors
    ///
    /// If the contract is enforced and the answer is not as it says.
    pub(crate) async fn inspect(
        &self,
        response: Response<Source>,
        request_id: &HeaderValue,
    ) -> Result<Response<Source>, GatewayError> {
        if self.is_exempt(&response) || self.sample.is_some_and(|(sampling, route)| !sampling.takes(route)) {
            return Ok(response);
        }
        let found = match self.head(&response) {
            Err(violation) => Err(violation),
            // The first of it has been read, so it cannot be sent any more.
            Ok(None) if self.enforced && held(response.body()).is_none() => Err(Violation::too_large()),
            Ok(None) => Ok(()),
            Ok(Some(shape)) if self.enforced => self.whole(shape, held(response.body())).await,
            Ok(Some(shape)) => return Ok(self.copied(response, shape, request_id)),
        };
        self.watched.record(&found, request_id, self.enforced);
        match found {
            Err(_) if self.enforced => Err(GatewayError::ContractBroken {
                service: self.watched.service.clone(),
                operation: self.watched.operation.clone(),
            }),
            _ => Ok(response),
        }
    }

    /// A service that does not believe the gateway is dealt with elsewhere, and what the gateway itself says about a request
    /// that failed is the same everywhere.
    fn is_exempt(&self, response: &Response<Source>) -> bool {
        if self.watched.is_own {
            return media::is_problem(media::of(response.headers()));
        }
        response.status() == StatusCode::UNAUTHORIZED
    }

    fn head(&self, response: &Response<Source>) -> Result<Option<Shape>, Violation> {
        let status = response.status();
        let bodiless = self.is_head || status == StatusCode::NO_CONTENT;
        let empty = matches!(response.body(), Source::Full(None));
        let shape = self.watched.rules.head(status, media::of(response.headers()), bodiless, empty)?;
        if shape.is_some() && self.enforced && media::is_encoded(response.headers()) {
            return Err(Violation::encoded());
        }
        Ok(shape)
    }

    async fn whole(&self, shape: Shape, body: Option<Bytes>) -> Result<(), Violation> {
        match body {
            Some(body) => self.conformance.judged(self.watched, shape, body).await,
            None => Err(Violation::too_large()),
        }
    }

    /// The same answer, of which a copy goes to the inspector.
    fn copied(&self, response: Response<Source>, shape: Shape, request_id: &HeaderValue) -> Response<Source> {
        if media::is_encoded(response.headers()) || response.body().size_hint().lower() > LIMIT as u64 {
            self.watched.count(Outcome::Skipped);
            return response;
        }
        let inspector = &self.conformance.inspector;
        let (watched, request_id) = (Arc::clone(self.watched), request_id.clone());
        response.map(|source| match source {
            Source::Full(body) => {
                let copy = Copied::Whole(body.clone().unwrap_or_default());
                inspector.submit(Job { watched, shape, request_id, body: copy });
                Source::Full(body)
            }
            Source::Upstream(body) => {
                Source::Tapped(Box::new(Tap::new(body, watched, shape, request_id, inspector.clone())))
            }
            // What is put together here comes later, and nothing is tapped twice.
            other @ (Source::Pieces(_) | Source::Tapped(_) | Source::Resumed(_)) => other,
        })
    }
}

impl Conformance {
    /// Judges a body: a large one on another thread, because this one has other requests to serve.
    pub(super) async fn judged(&self, watched: &Arc<Watched>, shape: Shape, body: Bytes) -> Result<(), Violation> {
        if body.len() <= INLINE {
            return watched.rules.body(shape, &body);
        }
        let _turn = self.large.acquire().await;
        let watched = Arc::clone(watched);
        let judged = tokio::task::spawn_blocking(move || watched.rules.body(shape, &body)).await;
        judged.unwrap_or_else(|error| {
            tracing::error!(%error, "an answer could not be inspected");
            Err(Violation::of_answer(Kind::Other, "the body could not be inspected"))
        })
    }
}

/// A body that was held back.
fn held(source: &Source) -> Option<Bytes> {
    match source {
        Source::Full(body) => Some(body.clone().unwrap_or_default()),
        Source::Pieces(_) | Source::Upstream(_) | Source::Tapped(_) | Source::Resumed(_) => None,
    }
}
