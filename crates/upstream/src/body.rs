//! The bodies that cross an upstream: an enum, so that a body without special needs costs no allocation.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body as RouterBody;
use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;

use crate::breaker::Pace;
use crate::target::Watch;
use crate::wire::{Incoming, Rest, Upgraded};

/// Any error of a body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Larger bodies are not sent again.
pub(crate) const KEPT: usize = 64 * 1024;

/// The body of a request to an upstream.
#[derive(Default)]
pub enum RequestBody {
    /// No body.
    #[default]
    Empty,
    /// A body that is in memory; `None` once it was sent.
    Full(Option<Bytes>),
    /// A body that streams in.
    Stream(Pin<Box<dyn Body<Data = Bytes, Error = BoxError> + Send>>),
}

impl RequestBody {
    /// Wraps a body that streams in.
    pub fn stream(body: impl Body<Data = Bytes, Error = BoxError> + Send + 'static) -> Self {
        Self::Stream(Box::pin(body))
    }

    /// The whole body, where it is in memory.
    pub(crate) fn in_memory(&self) -> Option<Bytes> {
        match self {
            Self::Empty => Some(Bytes::new()),
            Self::Full(bytes) => bytes.clone(),
            Self::Stream(_) => None,
        }
    }

    /// Whether it is in memory, and small enough to stay there until it is known whether it has to be sent again.
    pub(crate) fn is_kept(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(bytes) => bytes.as_ref().is_some_and(|bytes| bytes.len() <= KEPT),
            Self::Stream(_) => false,
        }
    }

    /// Who sets the pace at which it is sent.
    pub(crate) fn pace(&self) -> Pace {
        if matches!(self, Self::Stream(_)) { Pace::Client } else { Pace::Target }
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Full(Some(bytes)) }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Stream(body) => body.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(bytes) => bytes.is_none(),
            Self::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Stream(body) => body.size_hint(),
        }
    }
}

/// The body of an upstream's answer. It tells the breaker of its target if it breaks.
#[derive(Debug)]
pub struct ResponseBody {
    source: Source,
    watch: Option<Watch>,
}

#[derive(Debug)]
enum Source {
    Buffered(Option<Bytes>),
    Router(RouterBody),
    /// Gives its connection back to its pool once it has been read to its end.
    Incoming(Box<Incoming>),
    /// There is no body, but a connection that speaks another protocol.
    Upgraded(Box<Upgraded>),
}

impl ResponseBody {
    fn new(source: Source) -> Self {
        Self { source, watch: None }
    }

    pub(crate) fn buffered(bytes: Bytes) -> Self {
        Self::new(Source::Buffered(if bytes.is_empty() { None } else { Some(bytes) }))
    }

    pub(crate) fn router(body: RouterBody) -> Self {
        Self::new(Source::Router(body))
    }

    /// What a server has answered behind its head.
    pub(crate) fn wire(rest: Rest) -> Self {
        match rest {
            Rest::Whole(bytes) => Self::buffered(bytes),
            Rest::Incoming(incoming) => Self::new(Source::Incoming(incoming)),
            Rest::Upgraded(upgraded) => Self::new(Source::Upgraded(upgraded)),
        }
    }

    /// The connection behind a 101, which belongs to whoever takes it.
    pub fn into_upgraded(self) -> Option<Upgraded> {
        match self.source {
            Source::Upgraded(upgraded) => Some(*upgraded),
            Source::Buffered(_) | Source::Router(_) | Source::Incoming(_) => None,
        }
    }

    /// Has the body watched, if there is still something of it to come.
    pub(crate) fn watch(&mut self, watch: impl FnOnce() -> Watch) {
        if !self.is_in_memory() && !self.is_end_stream() {
            self.watch = Some(watch());
        }
    }

    /// All of it, if it is in memory already or there is nothing in it.
    ///
    /// # Errors
    ///
    /// The body itself, if it is still to come.
    pub fn into_bytes(self) -> Result<Bytes, Self> {
        match self.source {
            Source::Buffered(bytes) => Ok(bytes.unwrap_or_default()),
            _ if self.size_hint().exact() == Some(0) => Ok(Bytes::new()),
            _ => Err(self),
        }
    }

    /// Whoever reads it has given it up because nothing of it came for too long: its target is to blame.
    pub fn stalled(&mut self) {
        if let Some(watch) = self.watch.take() {
            watch.broke();
        }
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        matches!(self.source, Source::Buffered(_))
    }

    /// Takes the whole body, whose length is known, into memory; `None` where it breaks off.
    pub(crate) async fn collect_here(&mut self) -> Option<()> {
        if let Source::Incoming(incoming) = &mut self.source {
            let whole = poll_fn(|context| incoming.poll_whole(context)).await.ok()?;
            *self = Self::buffered(whole);
            return Some(());
        }
        let first = self.data().await?;
        let mut joined = BytesMut::new();
        while !self.is_end_stream() {
            if joined.is_empty() {
                joined.extend_from_slice(&first);
            }
            joined.extend_from_slice(&self.data().await?);
        }
        *self = Self::buffered(if joined.is_empty() { first } else { joined.freeze() });
        Some(())
    }

    async fn data(&mut self) -> Option<Bytes> {
        match self.frame().await {
            Some(Ok(frame)) => Some(frame.into_data().unwrap_or_default()),
            Some(Err(_)) => None,
            None => Some(Bytes::new()),
        }
    }

    fn poll_source(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.source {
            Source::Buffered(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Source::Router(body) => Pin::new(body).poll_frame(context).map_err(Into::into),
            Source::Incoming(body) => body.poll_frame(context).map_err(Into::into),
            Source::Upgraded(_) => Poll::Ready(None),
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        let polled = this.poll_source(context);
        match (&polled, &mut this.watch) {
            (Poll::Ready(Some(Err(_))), Some(_)) => this.stalled(),
            (Poll::Pending, Some(watch)) => watch.waits(),
            (Poll::Ready(_), Some(watch)) => watch.moves(),
            (_, None) => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Buffered(bytes) => bytes.is_none(),
            Source::Router(body) => body.is_end_stream(),
            Source::Incoming(body) => body.is_end(),
            Source::Upgraded(_) => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Buffered(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Source::Router(body) => body.size_hint(),
            Source::Incoming(body) => body.size_hint(),
            Source::Upgraded(_) => SizeHint::with_exact(0),
        }
    }
}
