//! The kit itself: a fault that does not happen, or a stub that does not remember, would make other tests pass for nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use axum::Router;
use axum::routing::post;
use serde_json::json;
use testkit::faulty::{BlackHole, Refusing};
use testkit::s3::{Mood, S3};
use testkit::{Caller, Fault, Faulty, Raw, Stub};
use tokio::net::TcpStream;

const SHORT: Duration = Duration::from_millis(300);

fn address(url: &str) -> std::net::SocketAddr {
    url.strip_prefix("http://").unwrap().parse().unwrap()
}

async fn ask(fault: Fault) -> (Faulty, Raw) {
    let faulty = Faulty::start(fault).await;
    let mut raw = Raw::connect(address(&faulty.url())).await;
    raw.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    (faulty, raw)
}

#[tokio::test]
async fn a_stub_counts_and_remembers_what_it_was_sent() {
    let echo = |body: String| async move { body };
    let stub = Stub::start(Router::new().route("/echo", post(echo))).await;
    let caller = Caller::new(stub.address()).with_header("x-who", "me");
    let answer = caller.post("/echo?a=1", &json!({"b": 2})).await.expect(200);
    assert_eq!(answer.json(), json!({"b": 2}));
    assert_eq!(stub.calls(), 1);
    let seen = stub.last();
    assert_eq!((seen.uri.to_string().as_str(), seen.header("x-who")), ("/echo?a=1", "me"));
    assert_eq!(seen.body, br#"{"b":2}"#);
}

#[tokio::test]
async fn a_refusing_port_refuses_and_a_black_hole_says_nothing() {
    let refusing = Refusing::start();
    let refused = TcpStream::connect(refusing.address()).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    let hole = BlackHole::start();
    let connecting = TcpStream::connect(address(&hole.url()));
    assert!(tokio::time::timeout(SHORT, connecting).await.is_err());
}

#[tokio::test]
async fn each_fault_is_what_its_name_says() {
    let (_silent, mut raw) = ask(Fault::Silent).await;
    assert!(!raw.closed_within(SHORT).await);
    let (_stall, mut raw) = ask(Fault::Stall).await;
    assert_eq!(raw.head().await.headers()["content-length"], "1000");
    assert!(!raw.closed_within(SHORT).await);
    for fault in [Fault::Cut, Fault::CutChunks, Fault::HalfHead, Fault::Close, Fault::Reset] {
        let (faulty, mut raw) = ask(fault.clone()).await;
        assert!(raw.try_answer().await.is_err(), "{fault:?}");
        assert_eq!(faulty.calls(), 1, "{fault:?}");
    }
    let (_garbage, mut raw) = ask(Fault::Garbage).await;
    assert!(!raw.rest().await.starts_with(b"HTTP/"));
    let (_oversize, mut raw) = ask(Fault::OversizeHead).await;
    assert!(raw.rest().await.len() > 1024 * 1024);
}

#[tokio::test]
async fn a_chunked_answer_is_read_to_its_end_and_the_connection_is_kept() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nx-end: 1\r\n\r\n";
    let (_faulty, mut raw) = ask(Fault::Answer(chunked.into())).await;
    assert_eq!(raw.answer().await.text(), "hello");
    raw.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(raw.answer().await.text(), "hello");
}

#[tokio::test]
async fn a_bucket_lets_in_nobody_who_does_not_sign_and_can_be_away() {
    let server = S3::start("bucket").await;
    server.put("key", b"x");
    let mut raw = Raw::connect(address(&server.url())).await;
    for (mood, told) in [(Mood::Well, "AccessDenied"), (Mood::Failing, "InternalError")] {
        server.set(mood);
        raw.send("GET /bucket/key HTTP/1.1\r\nhost: a\r\n\r\n").await;
        let answer = raw.answer().await.text();
        assert!(answer.contains(told), "{answer}");
    }
    server.set(Mood::Silent);
    raw.send("GET /bucket/key HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(!raw.closed_within(SHORT).await);
    assert_eq!((server.asked(&http::Method::GET).len(), server.keys()), (3, vec!["key".to_owned()]));
}
