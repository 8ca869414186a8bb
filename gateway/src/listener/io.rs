//! The IO adapter between a socket and hyper: nothing reaches hyper that the guard has not released.
//!
//! A head is held back until it is complete and checked. In place of a head that is refused hyper reads
//! [`REFUSED`], a request that nobody but the pipeline's refusal answers, and then the end of the stream.

mod batch;
mod socket;
mod write;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use hyper::rt::{Read, ReadBufCursor};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::Sleep;

use self::batch::Writer;
use self::socket::Socket;
use super::state::{ConnectionState, Phase};
use crate::guard::scan::Scanner;
use crate::guard::{HeadLimits, Refusal};

pub(crate) use batch::Batch;

/// The method of the request that stands for a refused one.
pub(crate) const REFUSED_METHOD: &str = "REFUSED";

const REFUSED: &[u8] = b"REFUSED / HTTP/1.1\r\nHost: refused\r\nConnection: close\r\n\r\n";

/// The most that is read at once.
const READ_AT_ONCE: usize = 64 * 1024;

/// The most that is read of what follows a request while that is being answered.
const READ_AHEAD: usize = 8 * 1024;

thread_local! {
    /// One buffer per thread: a read is scanned there and copied on at once, so no two connections need it together.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_AT_ONCE].into_boxed_slice());
}

/// A socket whose reads are guarded.
pub(crate) struct GuardedIo {
    socket: Arc<Socket>,
    writer: Writer,
    scanner: Scanner,
    /// Bytes that were read and not given to hyper yet; the first `released` of them may be.
    stash: BytesMut,
    released: usize,
    /// Nothing more is read: the stream was refused.
    refused: Option<Instead>,
    /// Since when this side has been closed, while the client may still be sending.
    lingering: Option<Pin<Box<Sleep>>>,
    state: Arc<ConnectionState>,
}

/// What hyper gets in the place of what was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instead {
    /// [`REFUSED`], and then nothing: an end of the stream would make hyper drop the answer.
    Request,
    /// The end of the stream, in the middle of a body.
    End,
}

impl GuardedIo {
    pub(crate) fn new(stream: TcpStream, batch: Arc<Batch>, limits: HeadLimits, state: Arc<ConnectionState>) -> Self {
        let socket = Arc::new(Socket::new(stream));
        Self {
            writer: Writer::new(batch, Arc::clone(&socket)),
            socket,
            scanner: Scanner::new(limits),
            stash: BytesMut::new(),
            released: 0,
            refused: None,
            lingering: None,
            state,
        }
    }

    /// Gives hyper what has been released; false where there is nothing.
    fn give(&mut self, cursor: &mut ReadBufCursor<'_>) -> bool {
        let count = self.released.min(cursor.remaining());
        if let Some(bytes) = self.stash.get(..count).filter(|bytes| !bytes.is_empty()) {
            cursor.put_slice(bytes);
            self.stash.advance(count);
            self.released -= count;
            return true;
        }
        false
    }

    /// Takes what has just been read and gives hyper what the guard releases of it.
    fn take(&mut self, read: &[u8], cursor: &mut ReadBufCursor<'_>) {
        if !self.stash.is_empty() {
            return self.keep(read);
        }
        let scanned = self.scanner.scan(read);
        let (free, held) = read.split_at(scanned.released);
        cursor.put_slice(free);
        if scanned.refusal.is_none() {
            self.stash.extend_from_slice(held);
        }
        self.judge(scanned.refusal);
    }

    /// Keeps what has just been read behind what is kept already.
    fn keep(&mut self, read: &[u8]) {
        self.stash.extend_from_slice(read);
        let scanned = self.scanner.scan(&self.stash);
        self.released = scanned.released;
        self.judge(scanned.refusal);
    }

    fn judge(&mut self, refusal: Option<Refusal>) {
        match refusal {
            Some(refusal) => self.refuse(refusal),
            None => self.note_head(),
        }
    }

    /// Looks whether the client is still there while its request is answered, and hyper reads nothing. (hyper would look itself,
    /// but for that it takes a new buffer with every request, because the last one is in use.)
    ///
    /// # Errors
    ///
    /// The client has closed its side, and with that it has left; or the connection is broken.
    fn look_ahead(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        while self.is_waited_for() {
            let read = SCRATCH.with_borrow_mut(|scratch| {
                let room = scratch.get_mut(..READ_AHEAD - self.stash.len().min(READ_AHEAD)).unwrap_or_default();
                Poll::Ready(match ready!(socket::poll_recv(&self.socket.stream, context, room))? {
                    0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
                    count => {
                        self.keep(room.get(..count).unwrap_or_default());
                        Ok(())
                    }
                })
            });
            let Poll::Ready(read) = read else { break };
            read?;
        }
        Ok(())
    }

    /// Whether a request, of which the guard has seen the end, is answered, and no other one is known to follow it: the end of the
    /// stream comes behind all of them, and ends the last. Part of a head is no request.
    fn is_waited_for(&self) -> bool {
        self.state.phase() == Phase::Busy
            && self.scanner.heads() <= self.state.begun()
            && self.released == 0
            && self.stash.len() < READ_AHEAD
            && self.scanner.in_head()
            && self.refused.is_none()
            && !self.state.is_upgraded()
    }

    /// Tells the sweep that a head has begun and is not complete.
    fn note_head(&self) {
        if self.scanner.in_head() && self.stash.len() > self.released {
            self.state.head_begun();
        }
    }

    /// Ends the stream after what was released, with [`REFUSED`] in the place of a head. In the middle of a body
    /// the end of the stream is all that can be said.
    fn refuse(&mut self, refusal: Refusal) {
        self.state.refuse(refusal);
        self.stash.truncate(self.released);
        self.refused = Some(Instead::End);
        if self.scanner.in_head() {
            self.stash.extend_from_slice(REFUSED);
            self.refused = Some(Instead::Request);
        }
        self.released = self.stash.len();
    }
}

impl Drop for GuardedIo {
    /// A connection that ends in the middle of an answer is reset, where the client could not tell otherwise.
    fn drop(&mut self) {
        if self.state.is_misleading() {
            let _unsupported = SockRef::from(&self.socket.stream).set_linger(Some(Duration::ZERO));
        }
    }
}

impl Read for GuardedIo {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.state.is_upgraded() {
            this.scanner.stop();
            this.released = this.stash.len();
        }
        loop {
            if this.give(&mut cursor) {
                return Poll::Ready(Ok(()));
            }
            match this.refused {
                // hyper closes the connection when it has written its answer; nothing has to wake it here.
                Some(Instead::Request) => return Poll::Pending,
                Some(Instead::End) => return Poll::Ready(Ok(())),
                None => {}
            }
            let before = cursor.remaining();
            let read = SCRATCH.with_borrow_mut(|scratch| {
                let room = scratch.len().min(before);
                let room = scratch.get_mut(..room).unwrap_or_default();
                let count = ready!(socket::poll_recv(&this.socket.stream, context, room))?;
                this.take(room.get(..count).unwrap_or_default(), &mut cursor);
                Poll::Ready(io::Result::Ok(count))
            });
            if read.is_pending() {
                // Also here: the head may have begun while the last request was still being answered.
                this.note_head();
            }
            let ended = ready!(read)? == 0;
            // Without a released byte hyper must not be woken: it would take that for the end of the stream.
            if ended || cursor.remaining() < before {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
