//! The body of an answer that is copied while it is sent.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderValue;
use http_body::{Body, Frame, SizeHint};
use upstream::{BoxError, ResponseBody};

use super::LIMIT;
use super::inspector::{Copied, Inspector, Job, Pieces};
use super::rules::Shape;
use super::tally::Outcome;
use super::watched::Watched;

/// Passes a body on as it comes, and its copy to the inspector when it is complete.
pub(crate) struct Tap {
    body: ResponseBody,
    /// None when it has been handed in, or given up.
    copy: Option<Copy>,
}

struct Copy {
    watched: Arc<Watched>,
    shape: Shape,
    request_id: HeaderValue,
    inspector: Inspector,
    pieces: Pieces,
}

impl Tap {
    pub(super) fn new(
        body: ResponseBody,
        watched: Arc<Watched>,
        shape: Shape,
        request_id: HeaderValue,
        inspector: Inspector,
    ) -> Self {
        let pieces = inspector.pieces();
        Self { body, copy: Some(Copy { watched, shape, request_id, inspector, pieces }) }
    }

    fn keep(&mut self, piece: &Bytes) {
        let Some(copy) = &mut self.copy else { return };
        let given_up = if copy.pieces.length() + piece.len() > LIMIT {
            Outcome::Skipped
        } else if copy.pieces.push(piece) {
            return;
        } else {
            Outcome::Dropped
        };
        copy.watched.count(given_up);
        self.copy = None;
    }

    fn hand_in(&mut self) {
        let Some(Copy { watched, shape, request_id, inspector, pieces }) = self.copy.take() else { return };
        inspector.submit(Job { watched, shape, request_id, body: Copied::Pieces(pieces) });
    }
}

impl Body for Tap {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(piece) = frame.data_ref()
        {
            this.keep(piece);
        }
        // hyper's server asks `is_end_stream` after the last frame instead of polling once more.
        if matches!(polled, Poll::Ready(None)) || (matches!(polled, Poll::Ready(Some(Ok(_)))) && this.is_end_stream()) {
            this.hand_in();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Tap {
    /// A copy that is left is one of an answer that was cut, or whose client went away.
    fn drop(&mut self) {
        if let Some(copy) = self.copy.take() {
            copy.watched.count(Outcome::Skipped);
        }
    }
}
