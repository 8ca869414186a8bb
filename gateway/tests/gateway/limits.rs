//! Clients that take their time: nobody may hold a connection for longer than its limit.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use testkit::{Raw, Stub, until};

use crate::Gateway;

const LIMITS: &str = r#"
[limits]
first_byte_timeout = "400ms"
head_timeout = "400ms"
body_idle_timeout = "400ms"
keep_alive_timeout = "400ms"
connections_per_address = 40
"#;
const AFTER: Duration = Duration::from_millis(1500);
const PATIENCE: Duration = Duration::from_secs(10);

async fn gateway() -> (Stub, Gateway) {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::with(&stub.url(), LIMITS).await;
    (stub, gateway)
}

#[tokio::test]
async fn a_client_that_says_nothing_is_gone_after_the_limit() {
    let (_stub, gateway) = gateway().await;
    let started = Instant::now();
    let mut raw = Raw::connect(gateway.address()).await;
    assert!(raw.closed_within(AFTER).await);
    assert!(started.elapsed() >= Duration::from_millis(350), "closed after {:?}", started.elapsed());
}

#[tokio::test]
async fn thirty_slowloris_connections_are_cut_and_nobody_else_notices() {
    let (stub, gateway) = gateway().await;
    let mut slow = Vec::new();
    for _ in 0..30 {
        let mut raw = Raw::connect(gateway.address()).await;
        raw.send("GET /api/v1/items/1 HTTP/1.1\r\n").await;
        slow.push(tokio::spawn(async move {
            let started = Instant::now();
            let mut pause = tokio::time::interval(Duration::from_millis(50));
            while started.elapsed() < AFTER {
                pause.tick().await;
                if !raw.try_send("x-slow: 1\r\n").await {
                    return true;
                }
            }
            raw.closed_within(Duration::ZERO).await
        }));
    }
    let _ = gateway.caller().get("/api/v1/items/1").await.expect(200);
    for connection in slow {
        assert!(connection.await.unwrap(), "a slow connection was kept");
    }
    assert_eq!(stub.calls(), 1);
}

#[tokio::test]
async fn a_body_that_stops_coming_is_cut() {
    let (_stub, gateway) = gateway().await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("POST /api/v1/items HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{").await;
    assert!(raw.closed_within(AFTER).await);
}

/// Says when it is dropped.
struct Guard(Option<tokio::sync::oneshot::Sender<()>>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.take().map(|gone| gone.send(()));
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut() {
    let (gone, dropped) = tokio::sync::oneshot::channel();
    let guard = Arc::new(Mutex::new(Some(Guard(Some(gone)))));
    let endless = move || {
        let guard = guard.lock().unwrap().take();
        async move {
            let piece = move |_| {
                let _held = &guard;
                Ok::<_, std::io::Error>(Bytes::from_static(&[b'a'; 65536]))
            };
            Body::from_stream(futures_util::stream::repeat(()).map(piece))
        }
    };
    let stub = Stub::start(axum::Router::new().fallback(endless)).await;
    let gateway = Gateway::with(&stub.url(), LIMITS).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let cut = tokio::time::timeout(Duration::from_secs(30), dropped).await;
    assert!(cut.is_ok(), "the answer goes on for a client that reads nothing");
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_the_keep_alive_limit_and_used_before_it() {
    let (_stub, gateway) = gateway().await;
    let mut raw = Raw::connect(gateway.address()).await;
    for _ in 0..3 {
        raw.send("GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert_eq!(raw.answer().await.status, 200);
    }
    assert!(raw.closed_within(AFTER).await);
}

#[tokio::test]
async fn one_address_gets_only_its_share_of_connections() {
    let (_stub, gateway) = gateway().await;
    let mut held = Vec::new();
    for _ in 0..40 {
        held.push(Raw::connect(gateway.address()).await);
    }
    let mut one_more = Raw::connect(gateway.address()).await;
    let answer = one_more.answer().await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (503, Some("overloaded")));
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn one_address_gets_only_its_share_of_uploads() {
    let stub = Stub::start(axum::Router::new().fallback(async |body: Bytes| body)).await;
    let gateway = Gateway::with(&stub.url(), "[limits]\nuploads_per_address = 2").await;
    let begin = "POST /legacy/a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n";
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut raw = Raw::connect(gateway.address()).await;
        raw.send(begin).await;
        held.push(raw);
    }
    until("both are at the service", PATIENCE, async || (stub.calls() == 2).then_some(())).await;
    let mut one_more = Raw::connect(gateway.address()).await;
    one_more.send(begin).await;
    let refused = one_more.answer().await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (503, Some("overloaded")));
    for mut raw in held {
        raw.send("0\r\n\r\n").await;
        assert_eq!(raw.answer().await.text(), "ab");
    }
    let mut again = Raw::connect(gateway.address()).await;
    again.send(format!("{begin}0\r\n\r\n")).await;
    assert_eq!(again.answer().await.text(), "ab");
}

#[test]
fn what_nobody_sets_is_as_promised() {
    let limits = gateway::plan::Limits::default();
    let seconds = [limits.first_byte_timeout, limits.head_timeout, limits.body_idle_timeout, limits.keep_alive_timeout];
    assert_eq!(seconds.map(|time| time.as_secs()), [10, 10, 15, 75]);
    assert_eq!((limits.head_bytes, limits.head_fields, limits.uri_bytes), (16 * 1024, 100, 8 * 1024));
    assert_eq!((limits.body_bytes, limits.upload_bytes), (1024 * 1024, 10 * 1024 * 1024));
    assert_eq!((limits.connections, limits.connections_per_address, limits.uploads_per_address), (4096, 256, 32));
}
