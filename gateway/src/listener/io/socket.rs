//! `recv` and `send` as the kernel has them.
//!
//! What the C library does around its own, so that a thread can be cancelled in them, costs a fiftieth of what a kept answer costs.

use std::io;
use std::task::{Context, Poll, ready};

use rustix::net::{RecvFlags, SendFlags, recv, send};
use tokio::io::Interest;
use tokio::net::TcpStream;

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
    loop {
        ready!(stream.poll_write_ready(context))?;
        match stream.try_io(Interest::WRITABLE, || Ok(send(stream, bytes, SendFlags::empty())?)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            sent => return Poll::Ready(sent),
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
