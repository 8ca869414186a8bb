//! A socket with `recv` and `send` as the kernel has them, and what it would not take yet.
//!
//! What the C library does around its own, so that a thread can be cancelled in them, costs a fiftieth of what a kept answer costs.

use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use rustix::io::{Errno, writev};
use rustix::net::{RecvFlags, SendFlags, recv, send};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// A connected socket, which its connection and a [`Batch`](super::batch::Batch) hold.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) stream: TcpStream,
    /// Whether a batch has something of its connection's.
    is_in_batch: AtomicBool,
    /// Whether there is something in `unsent`, which is not locked otherwise.
    has_unsent: AtomicBool,
    unsent: Mutex<Unsent>,
}

/// What came of a batch that did not go out as a whole.
#[derive(Debug, Default)]
struct Unsent {
    bytes: Vec<u8>,
    error: Option<io::Error>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, is_in_batch: false.into(), has_unsent: false.into(), unsent: Mutex::default() }
    }

    pub(super) fn set_in_batch(&self, is_in_batch: bool) {
        self.is_in_batch.store(is_in_batch, Ordering::Relaxed);
    }

    pub(super) fn is_in_batch(&self) -> bool {
        self.is_in_batch.load(Ordering::Relaxed)
    }

    /// Sends what a batch has; whether all of it went out. Otherwise [`poll_unsent`](Self::poll_unsent) has the rest, or the error.
    pub(super) fn send(&self, bytes: &[u8]) -> bool {
        let sent = if self.has_unsent() { Ok(0) } else { send(&self.stream, bytes, SendFlags::empty()) };
        let (sent, error) = match sent {
            Ok(sent) if sent == bytes.len() => return true,
            Ok(sent) => (sent, None),
            // Whoever sends the rest finds that out again, and waits.
            Err(Errno::WOULDBLOCK) => (0, None),
            Err(error) => (0, Some(error.into())),
        };
        let mut unsent = self.lock();
        unsent.bytes.extend_from_slice(bytes.get(sent..).unwrap_or_default());
        if unsent.error.is_none() {
            unsent.error = error;
        }
        self.has_unsent.store(true, Ordering::Relaxed);
        false
    }

    pub(super) fn has_unsent(&self) -> bool {
        self.has_unsent.load(Ordering::Relaxed)
    }

    /// Sends of what is left of batches as much as there is room for.
    ///
    /// # Errors
    ///
    /// That of the batch, or of this one.
    pub(super) fn poll_unsent(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut unsent = self.lock();
        if let Some(error) = unsent.error.take() {
            return Poll::Ready(Err(error));
        }
        let sent = ready!(poll_send(&self.stream, context, &unsent.bytes))?;
        unsent.bytes.drain(..sent);
        if unsent.bytes.is_empty() {
            unsent.bytes = Vec::new();
            self.has_unsent.store(false, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }

    fn lock(&self) -> MutexGuard<'_, Unsent> {
        self.unsent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads into `buffer`, and says how much; nothing at the end of the stream.
pub(super) fn poll_recv(stream: &TcpStream, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_read_ready(context))?;
        let mut received = None;
        let tried = stream.try_io(Interest::READABLE, || {
            let (_, count) = recv(stream, &mut *buffer, RecvFlags::empty())?;
            received = Some(count);
            // Where there was more room there is nothing more: whatever arrives from now on is an event of its own (epoll(7),
            // question 9), and another look would only find that out.
            if (1..buffer.len()).contains(&count) { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        match (received, tried) {
            (Some(count), _) => return Poll::Ready(Ok(count)),
            (None, Err(error)) if error.kind() != io::ErrorKind::WouldBlock => return Poll::Ready(Err(error)),
            (None, _) => {}
        }
    }
}

/// Writes of `bytes` what there is room for, and says how much. That nobody reads any more is an error and no signal: Rust's runtime
/// ignores `SIGPIPE`.
pub(super) fn poll_send(stream: &TcpStream, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    poll_written(stream, context, || try_send(stream, bytes))
}

/// The same of several pieces.
pub(super) fn poll_writev(
    stream: &TcpStream,
    context: &mut Context<'_>,
    pieces: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    poll_written(stream, context, || stream.try_io(Interest::WRITABLE, || Ok(writev(stream, pieces)?)))
}

fn try_send(stream: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    stream.try_io(Interest::WRITABLE, || Ok(send(stream, bytes, SendFlags::empty())?))
}

fn poll_written(
    stream: &TcpStream,
    context: &mut Context<'_>,
    mut try_once: impl FnMut() -> io::Result<usize>,
) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_write_ready(context))?;
        match try_once() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            written => return Poll::Ready(written),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::future::poll_fn;

    use futures_util::poll;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    async fn connected() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (stream, accepted) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        (stream.unwrap(), accepted.unwrap().0)
    }

    async fn received(stream: &TcpStream, room: usize) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; room];
        let count = poll_fn(|context| poll_recv(stream, context, &mut buffer)).await?;
        buffer.truncate(count);
        Ok(buffer)
    }

    #[tokio::test]
    async fn all_that_arrives_is_read_whatever_room_there_is() {
        let (mut client, server) = connected().await;
        client.write_all(b"abcdef").await.unwrap();
        // More than there is room for, exactly as much, and less.
        assert_eq!(received(&server, 4).await.unwrap(), b"abcd");
        let rest = poll!(Box::pin(received(&server, 2)));
        assert!(matches!(rest, Poll::Ready(Ok(rest)) if rest == b"ef"), "no event tells of what was there already");
        {
            let mut waiting = Box::pin(received(&server, 4));
            assert!(poll!(&mut waiting).is_pending(), "nothing is there");
            client.write_all(b"gh").await.unwrap();
            assert_eq!(waiting.await.unwrap(), b"gh");
        }
        let mut waiting = Box::pin(received(&server, 4));
        assert!(poll!(&mut waiting).is_pending());
        drop(client);
        assert_eq!(waiting.await.unwrap(), b"", "the end");
        assert_eq!(received(&server, 4).await.unwrap(), b"", "and again");
    }

    #[tokio::test]
    async fn who_does_not_read_is_waited_for_and_gets_everything() {
        let (mut client, server) = connected().await;
        let piece = [7; 64 * 1024];
        let mut sent = 0;
        loop {
            let mut sending = Box::pin(poll_fn(|context| poll_send(&server, context, &piece)));
            match poll!(&mut sending) {
                Poll::Ready(count) => sent += count.unwrap(),
                Poll::Pending => {
                    let reading = tokio::spawn(async move {
                        let mut all = Vec::new();
                        client.read_to_end(&mut all).await.map(|_| all)
                    });
                    sent += sending.await.unwrap();
                    drop(server);
                    let all = reading.await.unwrap().unwrap();
                    assert!(all.len() == sent && all.iter().all(|byte| *byte == 7));
                    return;
                }
            }
        }
    }

    #[tokio::test]
    async fn a_client_that_is_gone_is_an_error() {
        let (client, server) = connected().await;
        client.set_zero_linger().unwrap();
        drop(client);
        let read = received(&server, 4).await.unwrap_err();
        assert_eq!(read.kind(), io::ErrorKind::ConnectionReset);
        let sent = poll_fn(|context| poll_send(&server, context, b"a")).await.unwrap_err();
        assert_eq!(sent.kind(), io::ErrorKind::BrokenPipe);
    }
}
