//! The bodies of the data plane: enums, so that the common case allocates nothing.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::Notify;
use upstream::{BoxError, Failure, ResponseBody};

use crate::compose::{self, PartFailure};
use crate::conformance::Tap;
use crate::fields;
use crate::form::FormError;
use crate::listener::ConnectionState;
use crate::record::Exchange;

/// The body of an answer. It carries the exchange, which is recorded when the body has been sent or dropped.
pub(crate) struct Body {
    source: Source,
    /// Behind a pointer, because hyper moves a body many times.
    exchange: Box<Exchange>,
}

pub(crate) enum Source {
    Full(Option<Bytes>),
    /// Pieces that were put together here, none of them empty.
    Pieces(VecDeque<Bytes>),
    Upstream(ResponseBody),
    /// Copied for the inspector of contracts while it is sent.
    Tapped(Box<Tap>),
    /// What was taken in already, and the rest.
    Resumed(Box<(VecDeque<Bytes>, Source)>),
}

/// What came of taking a body in.
pub(crate) enum Collected {
    /// All of it.
    Whole(Bytes),
    /// It is larger than was wanted: it can still be sent.
    Larger(Source),
    /// It was not done in time; the same.
    Slow(Source),
    /// It broke off.
    Broken(Failure),
}

impl From<Vec<Bytes>> for Source {
    fn from(mut pieces: Vec<Bytes>) -> Self {
        match pieces.len() {
            0 => Self::Full(None),
            1 => Self::from(pieces.swap_remove(0)),
            _ => Self::Pieces(pieces.into()),
        }
    }
}

impl From<Bytes> for Source {
    fn from(bytes: Bytes) -> Self {
        Self::Full(if bytes.is_empty() { None } else { Some(bytes) })
    }
}

impl From<ResponseBody> for Source {
    fn from(body: ResponseBody) -> Self {
        body.into_bytes().map_or_else(Self::Upstream, Self::from)
    }
}

impl Source {
    /// Whether there is nothing in it.
    pub(crate) fn is_end(&self) -> bool {
        match self {
            Self::Full(bytes) => bytes.is_none(),
            Self::Pieces(pieces) => pieces.is_empty(),
            Self::Upstream(body) => body.is_end_stream(),
            Self::Tapped(tap) => tap.is_end_stream(),
            Self::Resumed(parts) => parts.0.is_empty() && parts.1.is_end(),
        }
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Pieces(pieces) => SizeHint::with_exact(pieces.iter().map(|bytes| bytes.len() as u64).sum()),
            Self::Upstream(body) => body.size_hint(),
            Self::Tapped(tap) => tap.size_hint(),
            Self::Resumed(parts) => {
                let taken: u64 = parts.0.iter().map(|bytes| bytes.len() as u64).sum();
                let rest = parts.1.size_hint();
                let mut hint = SizeHint::new();
                hint.set_lower(taken.saturating_add(rest.lower()));
                if let Some(upper) = rest.upper() {
                    hint.set_upper(taken.saturating_add(upper));
                }
                hint
            }
        }
    }

    /// All of it, by `deadline` and at most `limit` bytes.
    pub(crate) async fn collected(self, deadline: Instant, limit: u64) -> Result<Bytes, PartFailure> {
        let bytes = match self {
            Self::Full(bytes) => bytes.unwrap_or_default(),
            Self::Pieces(pieces) => Vec::from(pieces).concat().into(),
            Self::Upstream(body) => return compose::of_upstream(body, deadline, limit).await,
            Self::Tapped(tap) => return compose::collect(tap, deadline, limit).await,
            Self::Resumed(parts) => {
                let (front, rest) = *parts;
                let mut whole = Vec::from(front).concat();
                let room = limit.saturating_sub(whole.len() as u64);
                whole.extend_from_slice(&Box::pin(rest.collected(deadline, room)).await?);
                whole.into()
            }
        };
        if bytes.len() as u64 > limit { Err(PartFailure::TooLarge) } else { Ok(bytes) }
    }
}

impl Source {
    /// All of it, if that is at most `limit` bytes and there by `deadline`; otherwise a body from which nothing is lost.
    pub(crate) async fn collected_or_resumed(mut self, deadline: Instant, limit: u64) -> Collected {
        if self.size_hint().lower() > limit {
            return Collected::Larger(self);
        }
        let mut taken = VecDeque::new();
        let mut size = 0;
        while !self.is_end() {
            let frame = poll_fn(|context| self.poll(context));
            match tokio::time::timeout_at(deadline.into(), frame).await {
                Ok(Some(Ok(frame))) => {
                    // Trailers say nothing of what is kept.
                    let Ok(data) = frame.into_data() else { continue };
                    size += data.len() as u64;
                    taken.push_back(data);
                    if size > limit {
                        return Collected::Larger(Self::Resumed(Box::new((taken, self))));
                    }
                }
                Ok(Some(Err(_))) => return Collected::Broken(Failure::ResponseIncomplete),
                Ok(None) => break,
                Err(_elapsed) => return Collected::Slow(Self::Resumed(Box::new((taken, self)))),
            }
        }
        Collected::Whole(match taken.len() {
            0 => Bytes::new(),
            1 => taken.pop_front().unwrap_or_default(),
            _ => Vec::from(taken).concat().into(),
        })
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self {
            Self::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Pieces(pieces) => Poll::Ready(pieces.pop_front().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Upstream(body) => Pin::new(body).poll_frame(context),
            Self::Tapped(tap) => Pin::new(&mut **tap).poll_frame(context),
            Self::Resumed(parts) => match parts.0.pop_front() {
                Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                None => parts.1.poll(context),
            },
        }
    }
}

impl Body {
    pub(crate) fn new(source: Source, mut exchange: Box<Exchange>) -> Self {
        if source.is_end() {
            exchange.complete();
        }
        Self { source, exchange }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let polled = this.source.poll(context).map_ok(cleaned);
        let ended = this.source.is_end();
        let exchange = &mut this.exchange;
        match &polled {
            Poll::Pending => exchange.connection.state.waits(),
            Poll::Ready(Some(Ok(frame))) => {
                exchange.connection.state.moves();
                exchange.sent(frame.data_ref().map_or(0, Bytes::len));
            }
            Poll::Ready(Some(Err(_))) => exchange.broken(),
            Poll::Ready(None) => {}
        }
        if ended || matches!(polled, Poll::Ready(None)) {
            exchange.complete();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.source.is_end()
    }

    fn size_hint(&self) -> SizeHint {
        self.source.size_hint()
    }
}

/// Trailers are fields, too: what may not pass in a head may not pass in them.
fn cleaned(frame: Frame<Bytes>) -> Frame<Bytes> {
    match frame.into_trailers() {
        Ok(mut trailers) => {
            fields::clean_trailers(&mut trailers);
            Frame::trailers(trailers)
        }
        Err(frame) => frame,
    }
}

/// How far the body of a request has come in, shared by the body and the phase that waits for the answer.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    flags: AtomicU8,
    ended: Notify,
    refusal: OnceLock<FormError>,
}

const ENDED: u8 = 1;
const TOO_LARGE: u8 = 2;

impl Progress {
    /// Whether the body exceeded its limit.
    pub(crate) fn is_too_large(&self) -> bool {
        self.flags.load(Ordering::Acquire) & TOO_LARGE != 0
    }

    /// The form in the body is not taken.
    pub(crate) fn refuse(&self, refusal: FormError) {
        // The first reason is the one that broke the body.
        let _later = self.refusal.set(refusal);
    }

    /// Why the form in the body was not taken.
    pub(crate) fn refusal(&self) -> Option<&FormError> {
        self.refusal.get()
    }

    /// Waits until the body has been received, or broke off.
    pub(crate) async fn ended(&self) {
        while self.flags.load(Ordering::Acquire) & ENDED == 0 {
            self.ended.notified().await;
        }
    }

    fn end(&self, flags: u8) {
        self.flags.fetch_or(ENDED | flags, Ordering::Release);
        self.ended.notify_one();
    }
}

/// The body of a request on its way to a service: counted against the route's limit, and watched by the sweep.
pub(crate) struct Upload {
    body: Incoming,
    limit: u64,
    received: u64,
    progress: Arc<Progress>,
    connection: Arc<ConnectionState>,
}

impl Upload {
    pub(crate) fn new(body: Incoming, limit: u64, connection: Arc<ConnectionState>) -> (Self, Arc<Progress>) {
        let progress = Arc::new(Progress::default());
        connection.waits();
        (Self { body, limit, received: 0, progress: Arc::clone(&progress), connection }, progress)
    }

    fn finish(&self, flags: u8) {
        self.connection.moves();
        self.progress.end(flags);
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        match Pin::new(&mut this.body).poll_frame(context).map_ok(cleaned) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                this.received += frame.data_ref().map_or(0, |data| data.len() as u64);
                if this.received > this.limit {
                    this.finish(TOO_LARGE);
                    return Poll::Ready(Some(Err(BoxError::from("the body exceeds the limit of the route"))));
                }
                if this.body.is_end_stream() {
                    this.finish(0);
                } else {
                    // The next frame has the whole idle limit: from here to there either side may be the slow one.
                    this.connection.moves();
                    this.connection.waits();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                this.finish(0);
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(None) => {
                this.finish(0);
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.finish(0);
    }
}
