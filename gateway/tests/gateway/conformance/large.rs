//! Answers that are streamed, and more of them than anybody can inspect.

use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use testkit::Stub;
use tokio::sync::oneshot;

use super::{JSON, RIGHT, ask, counted, holding, until_counted};

/// A document of about this many bytes; the field `id` is a number or not.
fn document(size: usize, id: &str) -> String {
    format!("{{\"id\":{id},\"tags\":[],\"more\":\"{}\"}}", "x".repeat(size))
}

/// Answers with this document, in chunks or with its length.
async fn answering(document: String, chunked: bool) -> Stub {
    let pieces: Vec<Bytes> = document.as_bytes().chunks(10_000).map(Bytes::copy_from_slice).collect();
    let answer = move || {
        let (pieces, document) = (pieces.clone(), document.clone());
        async move {
            let stream = futures_util::stream::iter(pieces.into_iter().map(Ok::<_, Infallible>));
            let body = if chunked { Body::from_stream(stream) } else { Body::from(document) };
            Response::builder().header("content-type", JSON).body(body).unwrap()
        }
    };
    Stub::start(Router::new().fallback(answer)).await
}

#[tokio::test]
async fn streamed_answers_pass_unchanged_and_are_inspected_up_to_a_mebibyte() {
    for chunked in [false, true] {
        for (size, id, outcome) in
            [(30_000, "1", "ok"), (500_000, "true", "violation"), (500_000, "1", "ok"), (1_100_000, "true", "skipped")]
        {
            let sent = document(size, id);
            let stub = answering(sent.clone(), chunked).await;
            let gateway = holding("warn", &stub.url()).await;
            assert!(ask(&gateway).await.expect(200).text() == sent, "{size} bytes, chunked: {chunked}");
            until_counted(&gateway, "outcome", outcome, 1).await;
        }
    }
}

#[tokio::test]
async fn nothing_of_a_large_answer_is_sent_before_all_of_it_has_been_found_right() {
    for chunked in [false, true] {
        let sent = document(500_000, "1");
        let stub = answering(sent.clone(), chunked).await;
        let gateway = holding("enforce", &stub.url()).await;
        assert!(ask(&gateway).await.expect(200).text() == sent, "chunked: {chunked}");

        for (size, id) in [(500_000, "true"), (1_100_000, "1")] {
            let stub = answering(document(size, id), chunked).await;
            let gateway = holding("enforce", &stub.url()).await;
            let answer = ask(&gateway).await;
            answer.problem(502, "contract_violation");
            assert!(!answer.text().contains("xxx"), "{size} bytes, chunked: {chunked}");
            assert_eq!(counted(&gateway, "outcome", "violation").await, 1);
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_never_sent_without_its_beginning() {
    for (size, status) in [(500_000, 500), (1_100_000, 502)] {
        let answer = move || async move {
            let piece = move || Ok::<_, Infallible>(Bytes::from("x".repeat(size / 10)));
            let body = Body::from_stream(futures_util::stream::iter((0..10).map(move |_| piece())));
            (StatusCode::INTERNAL_SERVER_ERROR, [("content-type", "text/plain")], body)
        };
        let stub = Stub::start(Router::new().fallback(answer)).await;
        let gateway = holding("enforce", &stub.url()).await;
        let answer = ask(&gateway).await.expect(status);
        assert_eq!(answer.text().len() == size, status == 500, "{size} bytes");
    }
}

/// A service on a thread of its own, until the sender is dropped.
fn elsewhere() -> (String, oneshot::Sender<()>) {
    let (end, ended) = oneshot::channel::<()>();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let stub = Stub::answering(200, JSON, RIGHT).await;
            tell.send(stub.url()).unwrap();
            let _dropped = ended.await;
        });
    });
    (told.recv().unwrap(), end)
}

fn ask_blocking(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /api/v1/thing HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The inspector is a task of the runtime of this test, which does nothing else while the test blocks it.
#[tokio::test]
async fn nobody_waits_for_an_inspector_that_is_too_busy() {
    let (url, _end) = elsewhere();
    let gateway = holding("warn", &url).await;
    let _ = ask(&gateway).await.expect(200);
    until_counted(&gateway, "outcome", "ok", 1).await;
    for _ in 0..300 {
        let answer = ask_blocking(gateway.address());
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with(RIGHT), "{answer}");
    }
    until_counted(&gateway, "outcome", "ok", 1 + 256).await;
    assert_eq!(counted(&gateway, "outcome", "dropped").await, 300 - 256);
}
