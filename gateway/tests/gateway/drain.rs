//! Stopping: what was accepted is answered, and then nothing is left.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use testkit::{Raw, Stub, until};
use tokio::net::TcpStream;

use crate::Gateway;

const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_request_that_has_been_accepted_is_answered_in_a_drain() {
    let (go, gone) = tokio::sync::watch::channel(false);
    let slow = move || {
        let mut gone = gone.clone();
        async move {
            gone.wait_for(|gone| *gone).await.unwrap();
            "done"
        }
    };
    let stub = Stub::start(axum::Router::new().fallback(slow)).await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("GET /api/v1/patient HTTP/1.1\r\nhost: a\r\n\r\n").await;
    until("the service is called", PATIENCE, async || (stub.calls() == 1).then_some(())).await;
    let address = gateway.address();
    let stopped = tokio::spawn(gateway.stop());
    until("nobody is accepted any more", PATIENCE, async || TcpStream::connect(address).await.err()).await;
    go.send(true).unwrap();
    let answer = raw.answer().await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "done"));
    assert!(raw.closed_within(PATIENCE).await);
    tokio::time::timeout(PATIENCE, stopped).await.expect("it stops").unwrap();
}

#[tokio::test]
async fn what_is_still_busy_after_the_grace_is_cut() {
    let endless = async || {
        let first = futures_util::stream::once(async { Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"first")) });
        axum::body::Body::from_stream(first.chain(futures_util::stream::pending()))
    };
    let stub = Stub::start(axum::Router::new().fallback(endless)).await;
    let gateway = Gateway::with(&stub.url(), "[shutdown]\ngrace = \"500ms\"").await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(raw.head().await.status(), 200);
    let started = Instant::now();
    tokio::time::timeout(PATIENCE, gateway.stop()).await.expect("it stops");
    assert!(started.elapsed() >= Duration::from_millis(450), "{:?}", started.elapsed());
    let rest = raw.rest().await;
    assert!(!rest.ends_with(b"0\r\n\r\n"), "no answer that looks complete");
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_a_drain() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(raw.answer().await.status, 200);
    let _silent = Raw::connect(gateway.address()).await;
    tokio::time::timeout(PATIENCE, gateway.stop()).await.expect("it stops");
    assert!(raw.closed_within(Duration::from_millis(100)).await);
}

#[tokio::test]
async fn an_answer_that_is_still_being_read_outlives_a_drain() {
    // Small enough for hyper to have taken all of it, too large for the socket.
    const LENGTH: usize = 3_100_000;
    let stub = Stub::start(axum::Router::new().fallback(async || vec![b'a'; LENGTH])).await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect_narrow(gateway.address()).await;
    raw.send("GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert_eq!(raw.head().await.status(), 200);
    let mut stopped = tokio::spawn(gateway.stop());
    // Longer than idle connections are given.
    tokio::time::timeout(Duration::from_millis(1500), &mut stopped).await.expect_err("it waits for the reader");
    assert_eq!(raw.rest().await.len(), LENGTH);
    tokio::time::timeout(PATIENCE, stopped).await.expect("it stops").unwrap();
}

#[tokio::test]
async fn what_is_idle_is_served_until_the_delay_is_over() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::with(&stub.url(), "[shutdown]\ndelay = \"2500ms\"").await;
    let (mut used, mut unused) = (Raw::connect(gateway.address()).await, Raw::connect(gateway.address()).await);
    let stopped = tokio::spawn(gateway.stop());
    assert!(
        !unused.closed_within(Duration::from_millis(2000)).await,
        "which is longer than what is idle is given after that"
    );
    used.send("GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let answer = used.answer().await;
    assert_eq!((answer.status.as_u16(), answer.header("connection")), (200, "close"));
    assert!(unused.closed_within(PATIENCE).await);
    tokio::time::timeout(PATIENCE, stopped).await.expect("it stops").unwrap();
}
