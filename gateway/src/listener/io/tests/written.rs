//! What is written, and how it goes out.

use std::future::poll_fn;
use std::io::IoSlice;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use futures_util::poll;
use hyper::rt::Write as _;
use rustix::net::{RecvFlags, recv};
use tokio::io::AsyncReadExt as _;

use super::*;
use crate::listener::now_ms;

/// Too large for a batch.
const LARGE: usize = 64 * 1024;

fn poll_written(io: &mut GuardedIo, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    Pin::new(io).poll_write_vectored(context, &[IoSlice::new(bytes)])
}

async fn written(io: &mut GuardedIo, bytes: &[u8]) -> io::Result<usize> {
    poll_fn(|context| poll_written(io, context, bytes)).await
}

async fn flushed(io: &mut GuardedIo) -> io::Result<()> {
    poll_fn(|context| Pin::new(&mut *io).poll_flush(context)).await
}

/// What the kernel has for the client at this moment.
fn arrived(client: &TcpStream) -> Vec<u8> {
    let mut buffer = vec![0; LARGE];
    let arrived = recv(client, &mut buffer, RecvFlags::PEEK | RecvFlags::DONTWAIT);
    buffer.truncate(arrived.map_or(0, |(_, count)| count));
    buffer
}

/// A task that notes that it was woken.
#[derive(Default)]
struct Task(AtomicBool);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn it_goes_out_when_all_have_had_their_turn() {
    let batch = Arc::default();
    let ((client, mut io), (other, mut others)) =
        (connected_in(&batch, Phase::Idle).await, connected_in(&batch, Phase::Idle).await);
    let mut sending = pin!(batch.run());
    assert!(poll!(&mut sending).is_pending());
    assert_eq!(written(&mut io, b"one").await.unwrap(), 3);
    assert_eq!(written(&mut others, b"two").await.unwrap(), 3);
    assert_eq!(written(&mut io, b"three").await.unwrap(), 5);
    flushed(&mut io).await.unwrap();
    assert_eq!((arrived(&client), arrived(&other)), (vec![], vec![]), "the turn is not over");
    assert!(poll!(&mut sending).is_pending());
    assert_eq!((arrived(&client), arrived(&other)), (b"onethree".to_vec(), b"two".to_vec()));
}

#[tokio::test]
async fn each_batch_wakes_the_one_who_sends() {
    let batch = Arc::<Batch>::default();
    let (mut client, mut io) = connected_in(&batch, Phase::Idle).await;
    let sending = tokio::spawn(async move { batch.run().await });
    for piece in [b"one", b"two"] {
        written(&mut io, piece).await.unwrap();
        let mut read = [0; 3];
        tokio::time::timeout(PATIENCE, client.read_exact(&mut read)).await.expect("it is sent").unwrap();
        assert_eq!(&read, piece);
    }
    sending.abort();
}

#[tokio::test]
async fn a_full_batch_waits_for_nobody() {
    let (client, mut io) = connected(Phase::Idle).await;
    for _ in 0..3 {
        assert_eq!(written(&mut io, &[7; 8 * 1024]).await.unwrap(), 8 * 1024);
    }
    assert_eq!(arrived(&client), [7; 24 * 1024]);
}

#[tokio::test]
async fn what_is_large_goes_out_behind_what_is_small() {
    let (mut client, mut io) = connected(Phase::Idle).await;
    written(&mut io, b"small").await.unwrap();
    let sent = written(&mut io, &[7; LARGE]).await.unwrap();
    drop(io);
    let mut all = Vec::new();
    client.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, [&b"small"[..], &vec![7; sent]].concat());
}

#[tokio::test]
async fn who_does_not_read_gets_everything_in_its_order() {
    let (mut client, mut io) = connected(Phase::Idle).await;
    let mut expected = Vec::new();
    while let Poll::Ready(count) = poll!(pin!(written(&mut io, &[7; LARGE]))) {
        expected.resize(expected.len() + count.unwrap(), 7);
    }
    written(&mut io, &[8; 5000]).await.unwrap();
    assert_eq!(io.state.stalled(now_ms()), None, "the batch has taken it");
    io.writer.flush();
    assert!(poll!(pin!(flushed(&mut io))).is_pending());
    assert!(poll!(pin!(written(&mut io, b"more"))).is_pending(), "no batch is filled for who takes nothing");
    assert!(io.state.stalled(now_ms()).is_some(), "the sweep knows");
    expected.extend_from_slice(&[8; 5000]);
    expected.extend_from_slice(b"more");
    let reading = tokio::spawn(async move {
        let mut all = Vec::new();
        client.read_to_end(&mut all).await.map(|_| all)
    });
    flushed(&mut io).await.unwrap();
    assert_eq!(io.state.stalled(now_ms()), None);
    written(&mut io, b"more").await.unwrap();
    drop(io);
    assert!(reading.await.unwrap().unwrap() == expected, "in another order, or not everything");
}

#[tokio::test]
async fn nothing_overtakes_what_the_kernel_did_not_take() {
    let (mut client, mut io) = connected(Phase::Idle).await;
    let mut full = vec![];
    while let Poll::Ready(count) = poll!(pin!(written(&mut io, &[7; LARGE]))) {
        full.resize(full.len() + count.unwrap(), 0);
    }
    assert!(!io.socket.send(b"one"));
    client.read_exact(&mut full).await.unwrap();
    assert!(!io.socket.send(b"two"), "now there is room, but not for this");
    flushed(&mut io).await.unwrap();
    assert_eq!(arrived(&client), b"onetwo");
}

#[tokio::test]
async fn who_has_written_to_a_client_that_is_gone_is_told() {
    let (client, mut io) = connected(Phase::Idle).await;
    client.set_zero_linger().unwrap();
    drop(client);
    let task = Arc::new(Task::default());
    let waker = Waker::from(Arc::clone(&task));
    assert!(poll_written(&mut io, &mut Context::from_waker(&waker), b"answer").is_ready());
    io.writer.flush();
    assert!(task.0.load(Ordering::Relaxed), "nobody else flushes");
    let told = flushed(&mut io).await;
    let kind = told.unwrap_err().kind();
    assert!(matches!(kind, io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe), "{kind}");
}

#[tokio::test]
async fn a_connection_that_is_closed_sends_first() {
    let (mut client, mut io) = connected(Phase::Idle).await;
    written(&mut io, b"last").await.unwrap();
    let reading = tokio::spawn(async move {
        let mut all = Vec::new();
        client.read_to_end(&mut all).await.map(|_| all)
    });
    poll_fn(|context| Pin::new(&mut io).poll_shutdown(context)).await.unwrap();
    assert_eq!(reading.await.unwrap().unwrap(), b"last");
}

#[tokio::test]
async fn a_connection_that_the_client_has_reset_can_be_closed() {
    let (client, mut io) = connected(Phase::Idle).await;
    client.set_zero_linger().unwrap();
    drop(client);
    poll_fn(|context| Pin::new(&mut io).poll_shutdown(context)).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_is_dropped_sends_first() {
    let (client, mut io) = connected(Phase::Idle).await;
    written(&mut io, b"last").await.unwrap();
    drop(io);
    assert_eq!(arrived(&client), b"last");
}

/// A tunnel asks once, and hyper does not ask again before it hands over.
#[tokio::test]
async fn a_connection_that_may_be_handed_over_has_sent_what_it_flushed() {
    let (mut client, mut io) = connected(Phase::Busy).await;
    io.state.may_be_handed_over();
    written(&mut io, b"a word").await.unwrap();
    flushed(&mut io).await.unwrap();
    assert_eq!(arrived(&client), b"a word");

    let mut expected = 6;
    while let Poll::Ready(count) = poll!(pin!(written(&mut io, &[7; LARGE]))) {
        expected += count.unwrap();
    }
    written(&mut io, b"another").await.unwrap();
    assert!(poll!(pin!(flushed(&mut io))).is_pending(), "the kernel has no room for it");
    let mut all = vec![0; expected + 7];
    let (flushed, read) = tokio::join!(flushed(&mut io), client.read_exact(&mut all));
    flushed.unwrap();
    read.unwrap();
    assert!(all.ends_with(b"another"));
}

#[tokio::test]
async fn who_goes_on_and_on_lets_others_have_a_turn() {
    let (_client, mut io) = connected(Phase::Idle).await;
    let turn = poll_fn(|context| {
        let until = (0..10_000).find(|_| poll_written(&mut io, context, b"x").is_pending());
        Poll::Ready(until)
    });
    assert!(turn.await.is_some_and(|writes| writes > 0));
}
