//! What is written goes out in as few pieces as possible, and the sweep learns whether the client takes it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::Write;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

use super::{GuardedIo, SCRATCH};

/// Writes up to this size are joined: one `send` of a copy costs less than a vectored write of a head and a body.
const JOINED_AT_MOST: usize = 8 * 1024;

/// How long a client may go on sending after its connection was closed on this side.
const LINGER: Duration = Duration::from_secs(1);

impl Write for GuardedIo {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        let written = if length <= JOINED_AT_MOST {
            let this = &mut *self;
            SCRATCH.with_borrow_mut(|scratch| {
                let joined = join(buffers, scratch);
                super::socket::poll_send(&this.stream, context, joined)
            })
        } else {
            Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
        };
        self.watch(written)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// hyper asks for this whenever it has done something, also when there was nothing to write.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.stream).poll_flush(context))?;
        Poll::Ready(this.look_ahead(context))
    }

    /// Closes this side, then waits a little for the client to close its own: a socket that is closed while bytes are
    /// unread is reset, and the client would never see the answer (RFC 9112, section 9.6).
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.lingering.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
        }
        if this.state.is_upgraded() {
            // What the client says in a tunnel is still handed on.
            return Poll::Ready(Ok(()));
        }
        let linger = this.lingering.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
        if linger.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        SCRATCH.with_borrow_mut(|scratch| {
            loop {
                let mut buffer = ReadBuf::new(scratch);
                match ready!(Pin::new(&mut this.stream).poll_read(context, &mut buffer)) {
                    Ok(()) if !buffer.filled().is_empty() => {}
                    // Closed or reset: either way nobody sends any more.
                    Ok(()) | Err(_) => return Poll::Ready(Ok(())),
                }
            }
        })
    }
}

/// Copies small buffers into one. What would not fit stays unwritten, and hyper offers it again.
fn join<'a>(buffers: &[io::IoSlice<'_>], scratch: &'a mut [u8]) -> &'a [u8] {
    let mut length = 0;
    for buffer in buffers {
        if let Some(room) = scratch.get_mut(length..length + buffer.len()) {
            room.copy_from_slice(buffer);
            length += buffer.len();
        }
    }
    scratch.get(..length).unwrap_or_default()
}

impl GuardedIo {
    /// Tells the sweep whether the client takes what is written.
    fn watch<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match written {
            Poll::Pending => self.state.waits(),
            Poll::Ready(_) => self.state.moves(),
        }
        written
    }
}
