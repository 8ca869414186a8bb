//! What is written goes out in as few pieces as possible, and the sweep learns whether the client takes it.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::Write;
use socket2::SockRef;
use tokio::task::coop::poll_proceed;

use super::{GuardedIo, SCRATCH, socket};

/// Writes up to this size go into the batch: one `send` of a copy costs less than a vectored write of a head and a body.
const BATCHED_AT_MOST: usize = 8 * 1024;

/// How long a client may go on sending after its connection was closed on this side.
const LINGER: Duration = Duration::from_secs(1);

impl Write for GuardedIo {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        if length > BATCHED_AT_MOST {
            ready!(self.poll_sent(context))?;
            return self.watch(socket::poll_writev(&self.socket.stream, context, buffers));
        }
        ready!(self.poll_unsent(context))?;
        // The socket is not asked, which would end the turn of a task that goes on and on.
        ready!(poll_proceed(context)).made_progress();
        self.state.moves();
        Poll::Ready(Ok(self.writer.write(buffers, context.waker())))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// hyper asks for this whenever it has done something, also when there was nothing to write. What is in the batch counts as flushed: it
    /// will be sent before this thread rests, and hyper asks again when the kernel does not take it. A tunnel does not.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(if this.state.is_upgradable() { this.poll_sent(context) } else { this.poll_unsent(context) })?;
        Poll::Ready(this.look_ahead(context))
    }

    /// Closes this side, then waits a little for the client to close its own: a socket that is closed while bytes are
    /// unread is reset, and the client would never see the answer (RFC 9112, section 9.6).
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.lingering.is_none() {
            ready!(this.poll_sent(context))?;
            match SockRef::from(&this.socket.stream).shutdown(Shutdown::Write) {
                // The client was faster.
                Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
                closed => closed?,
            }
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
                match ready!(socket::poll_recv(&this.socket.stream, context, scratch)) {
                    Ok(1..) => {}
                    // Closed or reset: either way nobody sends any more.
                    Ok(0) | Err(_) => return Poll::Ready(Ok(())),
                }
            }
        })
    }
}

impl GuardedIo {
    /// Until everything that was written is with the kernel.
    fn poll_sent(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.socket.is_in_batch() {
            self.writer.flush();
        }
        self.poll_unsent(context)
    }

    /// Until nothing is left of the batches that have gone out.
    fn poll_unsent(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.socket.has_unsent() { self.poll_rest(context) } else { Poll::Ready(Ok(())) }
    }

    fn poll_rest(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.socket.has_unsent() {
            ready!(self.watch(self.socket.poll_unsent(context)))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Tells the sweep whether the client takes what is written.
    fn watch<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match written {
            Poll::Pending => self.state.waits(),
            Poll::Ready(_) => self.state.moves(),
        }
        written
    }
}
