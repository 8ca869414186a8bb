//! The bodies of the data plane: enums, so that the common case allocates nothing.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::Notify;
use upstream::{BoxError, ResponseBody};

use crate::fields;
use crate::listener::ConnectionState;
use crate::record::Exchange;

/// The body of an answer. It carries the exchange, which is recorded when the body has been sent or dropped.
pub(crate) struct Body {
    source: Source,
    exchange: Option<Exchange>,
}

pub(crate) enum Source {
    Full(Option<Bytes>),
    Upstream(ResponseBody),
}

impl From<Bytes> for Source {
    fn from(bytes: Bytes) -> Self {
        Self::Full(if bytes.is_empty() { None } else { Some(bytes) })
    }
}

impl Source {
    fn is_end(&self) -> bool {
        match self {
            Self::Full(bytes) => bytes.is_none(),
            Self::Upstream(body) => body.is_end_stream(),
        }
    }
}

impl Body {
    pub(crate) fn new(source: Source, mut exchange: Exchange) -> Self {
        if source.is_end() {
            exchange.complete();
        }
        Self { source, exchange: Some(exchange) }
    }

    fn poll_source(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.source {
            Source::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Source::Upstream(body) => Pin::new(body).poll_frame(context),
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let polled = this.poll_source(context).map_ok(cleaned);
        let ended = this.source.is_end();
        if let Some(exchange) = &mut this.exchange {
            match &polled {
                Poll::Pending => exchange.connection.waits(),
                Poll::Ready(Some(Ok(frame))) => {
                    exchange.connection.moves();
                    exchange.sent(frame.data_ref().map_or(0, Bytes::len));
                }
                Poll::Ready(Some(Err(_))) => exchange.broken(),
                Poll::Ready(None) => {}
            }
            if ended || matches!(polled, Poll::Ready(None)) {
                exchange.complete();
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.source.is_end()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Source::Upstream(body) => body.size_hint(),
        }
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
}

const ENDED: u8 = 1;
const TOO_LARGE: u8 = 2;

impl Progress {
    /// Whether the body exceeded its limit.
    pub(crate) fn is_too_large(&self) -> bool {
        self.flags.load(Ordering::Acquire) & TOO_LARGE != 0
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
