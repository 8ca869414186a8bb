//! Bodies stream: what is large is never held, and a slow reader holds its writer back.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use http_body_util::BodyExt;
use testkit::{Fault, Faulty, Raw, Stub, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Gateway;

const PIECE: usize = 64 * 1024;
const PIECES: usize = 4096;
const PATIENCE: Duration = Duration::from_secs(20);
/// As many looks in a row, a hundredth of a second apart, have to see the same.
const STEADY: usize = 20;

/// A service whose answer of 256 MiB counts what has been taken of it.
async fn large() -> (Stub, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let answer = move || {
        let counted = Arc::clone(&counted);
        let pieces = futures_util::stream::iter(0..PIECES).map(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok::<_, std::io::Error>(Bytes::from_static(&[b'a'; PIECE]))
        });
        async move { Body::from_stream(pieces) }
    };
    (Stub::start(Router::new().fallback(answer)).await, taken)
}

#[tokio::test]
async fn a_large_answer_arrives_whole_and_is_not_held() {
    let (stub, taken) = large().await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut answer = gateway.caller().get("/api/v1/items/1").open().await;
    assert_eq!(answer.status(), 200);
    let (last, looks) = (Cell::new(0), Cell::new(0));
    let stopped = until("nothing more is taken while nobody reads", PATIENCE, async || {
        let now = taken.load(Ordering::SeqCst);
        looks.set(if now > 0 && now == last.replace(now) { looks.get() + 1 } else { 0 });
        (looks.get() == STEADY).then_some(now)
    })
    .await;
    assert!(stopped < PIECES / 2, "{stopped} of {PIECES} pieces were taken for a client that reads nothing");
    let mut length = 0;
    while let Some(frame) = answer.body_mut().frame().await {
        length += frame.unwrap().into_data().map_or(0, |data| data.len());
    }
    assert_eq!(length, PIECE * PIECES);
}

#[tokio::test]
async fn an_answer_without_end_is_handed_on_piece_by_piece() {
    let endless = async || {
        let first = futures_util::stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"first")) });
        Body::from_stream(first.chain(futures_util::stream::pending()))
    };
    let stub = Stub::start(Router::new().fallback(endless)).await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut answer = gateway.caller().get("/api/v1/items/1").open().await;
    let first = answer.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "first");
}

#[tokio::test]
async fn an_upload_streams_and_a_slow_service_holds_the_client_back() {
    let (_release, released) = tokio::sync::watch::channel(false);
    let slow = move |body: Body| {
        let mut released = released.clone();
        async move {
            released.wait_for(|released| *released).await.unwrap();
            body.collect().await.unwrap().to_bytes().len().to_string()
        }
    };
    let stub = Stub::start(Router::new().fallback(slow)).await;
    let gateway = Gateway::with(&stub.url(), "[limits]\nupload_bytes = \"256MiB\"").await;
    let length = 256 * 1024 * 1024;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send(format!("POST /api/v1/uploads HTTP/1.1\r\nhost: a\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: {length}\r\n\r\n")).await;
    let mut sent = 0;
    while sent < length {
        let piece = raw.send(vec![b'a'; PIECE]);
        if tokio::time::timeout(Duration::from_secs(1), piece).await.is_err() {
            break;
        }
        sent += PIECE;
    }
    assert!(sent > 0 && sent < length / 2, "the gateway took {sent} bytes for a service that reads none");
}

#[tokio::test]
async fn the_deadline_starts_when_the_upload_is_complete() {
    let stub = Stub::start(
        Router::new().fallback(async |body: Body| body.collect().await.unwrap().to_bytes().len().to_string()),
    )
    .await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("POST /api/v1/uploads HTTP/1.1\r\nhost: a\r\ncontent-type: multipart/form-data; boundary=x\r\ntransfer-encoding: chunked\r\n\r\n").await;
    let mut pause = tokio::time::interval(Duration::from_millis(100));
    for _ in 0..8 {
        pause.tick().await;
        raw.send("1\r\na\r\n").await;
    }
    raw.send("0\r\n\r\n").await;
    let answer = raw.answer().await;
    assert_eq!(
        (answer.status.as_u16(), answer.text().as_str()),
        (200, "8"),
        "slower than the timeout of the service, and complete"
    );
}

#[tokio::test]
async fn an_answer_before_the_end_of_an_upload_leaves_no_busy_connection_behind() {
    let early = b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}".to_vec();
    let faulty = testkit::Faulty::start(testkit::Fault::Answer(early)).await;
    let gateway = Gateway::over(&faulty.url()).await;
    let mut uploads = Vec::new();
    for _ in 0..4 {
        let mut raw = Raw::connect(gateway.address()).await;
        raw.send("POST /api/v1/items HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n").await;
        assert_eq!(raw.head().await.status(), 201);
        uploads.push(raw);
    }
    for id in 0..4 {
        gateway.caller().get(&format!("/api/v1/items/{id}")).await.expect(201);
    }
}

#[tokio::test]
async fn the_answer_to_a_slow_upload_has_all_of_its_time() {
    let late_body = async |body: Body| {
        let length = body.collect().await.unwrap().to_bytes().len();
        let (text, pause) = (length.to_string(), Duration::from_millis(100));
        let rest = futures_util::stream::once(async move {
            tokio::time::timeout(pause, std::future::pending::<()>()).await.unwrap_err();
            Ok::<_, std::io::Error>(text)
        });
        ([("content-length", "1")], Body::from_stream(rest))
    };
    let stub = Stub::start(Router::new().fallback(late_body)).await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("POST /api/v1/items HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n").await;
    let mut pause = tokio::time::interval(Duration::from_millis(100));
    for _ in 0..6 {
        pause.tick().await;
        raw.send("1\r\n1\r\n").await;
    }
    raw.send("0\r\n\r\n").await;
    let answer = raw.answer().await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "6"));
}

#[tokio::test]
async fn a_connection_is_kept_when_the_body_that_nobody_wants_is_there_already() {
    let gateway = Gateway::over("http://127.0.0.1:9").await;
    let mut raw = Raw::connect(gateway.address()).await;
    for body in ["content-length: 2\r\n\r\n{}", "transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"] {
        raw.send(format!("POST /nowhere HTTP/1.1\r\nhost: a\r\n{body}")).await;
        let answer = raw.answer().await;
        assert_eq!((answer.status.as_u16(), answer.header("connection")), (404, ""), "{body}");
    }
}

#[tokio::test]
async fn whoever_still_sends_what_nobody_wants_is_told_that_the_connection_ends() {
    let gateway = Gateway::over("http://127.0.0.1:9").await;
    for body in [
        "content-length: 100\r\n\r\n{}",
        "transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
        "expect: 100-continue\r\ncontent-length: 2\r\n\r\n",
    ] {
        let mut raw = Raw::connect(gateway.address()).await;
        raw.send(format!("POST /nowhere HTTP/1.1\r\nhost: a\r\n{body}")).await;
        let answer = raw.answer().await;
        assert_eq!((answer.status.as_u16(), answer.header("connection")), (404, "close"), "{body}");
        assert!(raw.closed_within(PATIENCE).await, "{body}");
    }
}

#[tokio::test]
async fn a_cut_answer_looks_complete_to_no_client_of_http_1_0() {
    let cut = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nhello \r\n";
    let service = Faulty::start(Fault::Answer(cut.to_vec())).await;
    let gateway = Gateway::with(&service.url(), "[limits]\nbody_idle_timeout = \"400ms\"").await;
    let mut client = TcpStream::connect(gateway.address()).await.unwrap();
    client.write_all(b"GET /legacy/a HTTP/1.0\r\n\r\n").await.unwrap();
    let mut heard = Vec::new();
    let ended = client.read_to_end(&mut heard).await.expect_err("no end like that of an answer");
    assert_eq!(ended.kind(), std::io::ErrorKind::ConnectionReset, "{}", String::from_utf8_lossy(&heard));
}
