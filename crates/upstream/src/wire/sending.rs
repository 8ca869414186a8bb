//! A request on its way out.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, HeaderValue, Request};
use http_body::{Body as _, Frame};
use tokio::io::AsyncWrite;
use tokio::net::tcp::OwnedWriteHalf;

use super::request::{Measure, write_end, write_head, write_size};
use crate::added::Added;
use crate::body::RequestBody;

/// A body up to this size is copied behind its head, so that both are one piece for the kernel.
const JOINED: usize = 16 * 1024;

/// What is left of an upload ends if its server takes nothing of it for so long.
const STALL: Duration = Duration::from_secs(60);

/// Why a request was not sent to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Its own body broke off, or is not as long as its head says.
    Body,
    /// The connection failed.
    Connection,
}

/// A request that is being written: a head, then a body that is in memory or streams in.
#[derive(Debug)]
pub(crate) struct Sending {
    /// A head, the size of a chunk, or the end of the chunks.
    front: Vec<u8>,
    /// How much of that has been written.
    at: usize,
    /// Some of the body, after it.
    data: Bytes,
    /// What ends a chunk, after that.
    tail: &'static [u8],
    rest: Option<Rest>,
    has_begun: bool,
    is_broken: bool,
    keeps: bool,
}

/// What is still to come of a body that streams in.
struct Rest {
    body: RequestBody,
    measure: Measure,
    is_polled: bool,
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Rest").field("measure", &self.measure).finish_non_exhaustive()
    }
}

impl Sending {
    /// Begins with `request`, whose head goes into `front`. A body that streams in is taken out of it; everything else stays
    /// as it is, in case that it has to be sent again.
    pub(crate) fn new(
        request: &mut Request<RequestBody>,
        (host, added): (&HeaderValue, Added<'_>),
        mut front: Vec<u8>,
    ) -> Self {
        front.clear();
        let measure = Measure::of(request);
        let keeps = write_head(request, (host, added), &measure, &mut front);
        let (mut data, mut rest) = (Bytes::new(), None);
        match request.body_mut() {
            RequestBody::Empty | RequestBody::Full(None) => {}
            RequestBody::Full(Some(bytes)) if bytes.len() <= JOINED => front.extend_from_slice(bytes),
            RequestBody::Full(Some(bytes)) => data = bytes.clone(),
            stream @ RequestBody::Stream(_) => {
                let body = std::mem::replace(stream, RequestBody::Empty);
                rest = (measure != Measure::Nothing).then_some(Rest { body, measure, is_polled: false });
            }
        }
        Self { front, at: 0, data, tail: b"", rest, has_begun: false, is_broken: false, keeps }
    }

    /// Whether a byte of it has been written.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether all of it has been written.
    pub(crate) fn is_complete(&self) -> bool {
        !self.is_broken && self.rest.is_none() && self.is_flushed()
    }

    /// Whether there is nothing more to do about it.
    pub(crate) fn is_over(&self) -> bool {
        self.is_broken || self.is_complete()
    }

    /// Whether it lets the connection be used again.
    pub(crate) fn keeps(&self) -> bool {
        self.keeps && self.is_complete()
    }

    /// Nothing more of it is written: the connection takes nothing.
    pub(crate) fn give_up(&mut self) {
        self.is_broken = true;
        self.rest = None;
    }

    /// Puts a body that streams in back, of which nothing was taken; whether `request` is whole.
    pub(crate) fn restore(&mut self, request: &mut Request<RequestBody>) -> bool {
        match self.rest.take() {
            None => true,
            Some(rest) if rest.is_polled => false,
            Some(rest) => {
                *request.body_mut() = rest.body;
                true
            }
        }
    }

    /// The buffer, for the next head.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.front
    }

    /// Writes as much as can be written now; ready when that is all.
    pub(crate) fn poll<W>(&mut self, context: &mut Context<'_>, writer: &mut W) -> Poll<Result<(), Stopped>>
    where
        W: AsyncWrite + Unpin,
    {
        loop {
            let filled = self.poll_fill(context)?;
            ready!(self.poll_flush(context, writer)).map_err(|_| Stopped::Connection)?;
            if self.rest.is_none() {
                return Poll::Ready(Ok(()));
            }
            ready!(filled);
        }
    }

    /// Takes a piece of the body behind what is to be written, if there is room for one; ready if more might follow.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Stopped>> {
        let Some(rest) = &mut self.rest else { return Poll::Ready(Ok(())) };
        if !self.data.is_empty() || !self.tail.is_empty() {
            return Poll::Ready(Ok(()));
        }
        rest.is_polled = true;
        let frame = ready!(Pin::new(&mut rest.body).poll_frame(context));
        Poll::Ready(self.put(frame.transpose().map_err(|_| Stopped::Body)?))
    }

    fn put(&mut self, frame: Option<Frame<Bytes>>) -> Result<(), Stopped> {
        let Some(rest) = &mut self.rest else { return Ok(()) };
        let front = &mut self.front;
        if self.at == front.len() {
            front.clear();
            self.at = 0;
        }
        let (data, trailers) = match frame.map(Frame::into_data) {
            Some(Ok(data)) => (data, None),
            Some(Err(frame)) => (Bytes::new(), frame.into_trailers().ok()),
            None => (Bytes::new(), Some(HeaderMap::new())),
        };
        let is_end = trailers.is_some() || rest.body.is_end_stream();
        match &mut rest.measure {
            Measure::Nothing => self.rest = None,
            Measure::Length(left) => {
                *left = left.checked_sub(data.len() as u64).ok_or(Stopped::Body)?;
                match (*left, is_end) {
                    (0, _) => self.rest = None,
                    (_, true) => return Err(Stopped::Body),
                    (_, false) => {}
                }
            }
            Measure::Chunked(announced) => {
                if !data.is_empty() {
                    write_size(data.len(), front);
                    self.tail = if is_end { b"\r\n0\r\n\r\n" } else { b"\r\n" };
                } else if let Some(trailers) = &trailers {
                    write_end(trailers, announced, front);
                } else if is_end {
                    write_end(&HeaderMap::new(), announced, front);
                }
                if is_end {
                    self.rest = None;
                }
            }
        }
        self.data = data;
        Ok(())
    }

    fn is_flushed(&self) -> bool {
        self.at == self.front.len() && self.data.is_empty() && self.tail.is_empty()
    }

    fn poll_flush<W>(&mut self, context: &mut Context<'_>, writer: &mut W) -> Poll<io::Result<()>>
    where
        W: AsyncWrite + Unpin,
    {
        while !self.is_flushed() {
            let front = &self.front[self.at..];
            let mut writer = Pin::new(&mut *writer);
            // The vectored call costs the kernel more, and most requests are a head and nothing else.
            let written = ready!(if self.data.is_empty() && self.tail.is_empty() {
                writer.poll_write(context, front)
            } else {
                let pieces = [front, &self.data, self.tail].map(IoSlice::new);
                writer.as_mut().poll_write_vectored(context, &pieces)
            })?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.has_begun = true;
            self.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    fn advance(&mut self, written: usize) {
        let of_front = written.min(self.front.len() - self.at);
        self.at += of_front;
        let of_data = (written - of_front).min(self.data.len());
        self.data.advance(of_data);
        self.tail = self.tail.get(written - of_front - of_data..).unwrap_or_default();
    }

    /// Sends the rest of a request that has been answered already, as long as its server takes it. The other half of the
    /// connection stays open: a server that has not done with its answer must not believe that its client has left.
    pub(crate) async fn finish(mut self, mut writer: OwnedWriteHalf) {
        while self.rest.is_some() || !self.is_flushed() {
            let filled =
                std::future::poll_fn(
                    |context| {
                        if self.is_flushed() { self.poll_fill(context) } else { Poll::Ready(Ok(())) }
                    },
                );
            if filled.await.is_err() {
                return;
            }
            let flushed = std::future::poll_fn(|context| self.poll_flush(context, &mut writer));
            if !matches!(tokio::time::timeout(STALL, flushed).await, Ok(Ok(()))) {
                return;
            }
        }
        writer.forget();
    }
}
