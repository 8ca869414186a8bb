//! The body of a request with its form rewritten. It ends well only where the form does.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use upstream::BoxError;

use super::{FormError, Rewriter};
use crate::body::Progress;

/// A body that streams through a [`Rewriter`].
pub(crate) struct Rewritten<B> {
    body: B,
    rewriter: Rewriter,
    /// What can be sent already.
    ready: VecDeque<Bytes>,
    trailers: Option<HeaderMap>,
    state: State,
    progress: Arc<Progress>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Ended,
    Broken,
}

impl<B> Rewritten<B> {
    /// `progress` is told why, where the form is refused.
    pub(crate) fn new(body: B, rewriter: Rewriter, progress: Arc<Progress>) -> Self {
        Self { body, rewriter, ready: VecDeque::new(), trailers: None, state: State::Open, progress }
    }

    /// Takes one frame, or the end.
    fn take(&mut self, frame: Option<Frame<Bytes>>) -> Result<(), FormError> {
        match frame.map(Frame::into_data) {
            Some(Ok(data)) => return self.rewriter.push(data, &mut self.ready),
            Some(Err(frame)) => self.trailers = frame.into_trailers().ok(),
            None => {}
        }
        self.state = State::Ended;
        self.rewriter.finish(&mut self.ready)
    }
}

impl<B: Body<Data = Bytes, Error = BoxError> + Unpin> Body for Rewritten<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        loop {
            if let Some(piece) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            match this.state {
                State::Open => {}
                State::Ended => return Poll::Ready(this.trailers.take().map(|trailers| Ok(Frame::trailers(trailers)))),
                State::Broken => return Poll::Ready(Some(Err(BoxError::from("the body of the request broke off")))),
            }
            let polled = ready!(Pin::new(&mut this.body).poll_frame(context));
            let error = match polled.transpose().map(|frame| this.take(frame)) {
                Ok(Ok(())) => continue,
                Ok(Err(refusal)) => {
                    this.progress.refuse(refusal.clone());
                    BoxError::from(refusal)
                }
                Err(broken) => broken,
            };
            this.state = State::Broken;
            this.ready.clear();
            return Poll::Ready(Some(Err(error)));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.state == State::Ended && self.ready.is_empty() && self.trailers.is_none()
    }
}
