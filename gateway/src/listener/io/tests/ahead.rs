//! What is looked at while a request is answered.

use std::future::poll_fn;
use std::pin::Pin;

use hyper::rt::Write as _;
use tokio::io::AsyncWriteExt as _;

use super::*;

const NEXT: &str = "GET /b HTTP/1.1\r\nHost: x\r\n\r\n";

/// Flushes as hyper does, until something has come of it.
async fn flushed(io: &mut GuardedIo) -> io::Result<()> {
    flushed_until(io, |io| !io.stash.is_empty()).await
}

async fn flushed_until(io: &mut GuardedIo, done: impl Fn(&GuardedIo) -> bool) -> io::Result<()> {
    let flushing = poll_fn(|context| match Pin::new(&mut *io).poll_flush(context) {
        Poll::Ready(Ok(())) if !done(io) => Poll::Pending,
        flushed => flushed,
    });
    tokio::time::timeout(PATIENCE, flushing).await.expect("something comes of it")
}

#[tokio::test]
async fn a_client_that_closes_its_side_while_it_is_answered_has_left() {
    let (client, mut io) = connected(Phase::Busy).await;
    drop(client);
    assert_eq!(flushed(&mut io).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_head_has_left() {
    let (mut client, mut io) = connected(Phase::Busy).await;
    client.write_all(b"GET /b HT").await.unwrap();
    flushed(&mut io).await.unwrap();
    assert_eq!((io.released, io.stash.len()), (0, 9));
    drop(client);
    let left = flushed_until(&mut io, |_| false).await;
    assert_eq!(left.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn what_follows_is_kept_as_far_as_it_is_checked() {
    let (mut client, mut io) = connected(Phase::Busy).await;
    client.write_all(format!("{NEXT}GET /c HT").as_bytes()).await.unwrap();
    flushed(&mut io).await.unwrap();
    assert_eq!((io.released, io.stash.len()), (NEXT.len(), NEXT.len() + 9));
    // Now it is known that the client wants more, and nothing further is read ahead, the end neither.
    drop(client);
    io.socket.stream.readable().await.unwrap();
    flushed(&mut io).await.unwrap();
    assert_eq!(io.released, NEXT.len());
}

#[tokio::test]
async fn what_follows_and_is_malformed_is_refused_in_its_turn() {
    let (mut client, mut io) = connected(Phase::Busy).await;
    client.write_all(b"GET /b HTTP/1.1\nHost: x\n\n").await.unwrap();
    flushed(&mut io).await.unwrap();
    assert_eq!(io.stash, REFUSED);
    assert_eq!((io.released, io.refused), (REFUSED.len(), Some(Instead::Request)));
}

#[tokio::test]
async fn no_more_is_read_ahead_than_what_has_room() {
    let (mut client, mut io) = connected(Phase::Busy).await;
    let requests = NEXT.repeat(READ_AHEAD);
    client.write_all(&requests.as_bytes()[..4 * READ_AHEAD]).await.unwrap();
    flushed(&mut io).await.unwrap();
    assert!(io.stash.len() <= READ_AHEAD, "{}", io.stash.len());
}

#[tokio::test]
async fn between_two_requests_nothing_is_read_ahead() {
    let (mut client, mut io) = connected(Phase::Idle).await;
    client.write_all(NEXT.as_bytes()).await.unwrap();
    io.socket.stream.readable().await.unwrap();
    poll_fn(|context| Pin::new(&mut io).poll_flush(context)).await.unwrap();
    assert!(io.stash.is_empty());
}
