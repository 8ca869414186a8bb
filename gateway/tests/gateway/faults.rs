//! Each way in which a service can fail: the status, the code, the cause in `Proxy-Status`, the time and the number of calls.

use std::time::Duration;

use serde_json::json;
use testkit::faulty::{BlackHole, Refusing};
use testkit::{Answer, Fault, Faulty, Raw, until};

use crate::Gateway;

/// The timeout of the service `stub` in these tests, and what a busy machine may add.
const TIMEOUT: Duration = Duration::from_millis(300);
const SLACK: Duration = Duration::from_millis(700);

struct Expected {
    status: u16,
    code: &'static str,
    cause: &'static str,
}

const UNAVAILABLE: Expected = Expected { status: 503, code: "upstream_unavailable", cause: "" };
const INVALID: Expected = Expected { status: 502, code: "upstream_invalid", cause: "" };

fn check(answer: &Answer, expected: &Expected) {
    let document = answer.problem(expected.status, expected.code);
    assert_eq!(answer.header("proxy-status"), format!("agora; error={}", expected.cause), "{}", answer.sentence());
    let retry_after = answer.header("retry-after");
    if expected.status == 503 {
        assert!(retry_after.parse::<u32>().is_ok_and(|seconds| seconds >= 1), "Retry-After: {retry_after:?}");
        assert_eq!(document["retryable"], true, "{}", answer.sentence());
    } else {
        assert_eq!(retry_after, "", "{}", answer.sentence());
    }
    assert!(answer.took < TIMEOUT + SLACK, "took {:?}: {}", answer.took, answer.sentence());
    let text = answer.text();
    assert!(!text.contains("127.0.0.1") && !text.contains("localhost"), "an internal host is shown: {text}");
}

/// Calls a read and a write of a service at this URL, and expects the same of both.
async fn both(url: &str, expected: Expected) {
    let gateway = Gateway::over(url).await;
    let caller = gateway.caller();
    check(&caller.get("/api/v1/items/1").await, &expected);
    check(&caller.post("/api/v1/items", &json!({"a": 1})).await, &expected);
}

/// The same for a service that accepts connections and then fails; it is called once for each, never twice.
async fn both_once(fault: Fault, expected: Expected) {
    let faulty = Faulty::start(fault).await;
    both(&faulty.url(), expected).await;
    assert_eq!(faulty.calls(), 2);
}

/// The same for a failure after which a read is tried once more; a write never is.
async fn only_the_read_twice(fault: Fault, expected: Expected) {
    let faulty = Faulty::start(fault).await;
    let gateway = Gateway::over(&faulty.url()).await;
    let caller = gateway.caller();
    check(&caller.get("/api/v1/items/1").await, &expected);
    assert_eq!(faulty.calls(), 2);
    check(&caller.post("/api/v1/items", &json!({"a": 1})).await, &expected);
    assert_eq!(faulty.calls(), 3);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_503() {
    let label = "a".repeat(64);
    both(&format!("http://{label}.invalid:80"), Expected { cause: "dns_error", ..UNAVAILABLE }).await;
}

#[tokio::test]
async fn a_refused_connection_is_503() {
    let refusing = Refusing::start();
    both(&refusing.url(), Expected { cause: "connection_refused", ..UNAVAILABLE }).await;
}

#[tokio::test]
async fn a_connection_that_is_never_established_is_503() {
    let hole = BlackHole::start();
    both(&hole.url(), Expected { cause: "connection_timeout", ..UNAVAILABLE }).await;
}

#[tokio::test]
async fn a_reset_before_any_answer_is_503() {
    only_the_read_twice(Fault::Reset, Expected { cause: "connection_terminated", ..UNAVAILABLE }).await;
}

#[tokio::test]
async fn an_end_before_any_answer_is_503() {
    only_the_read_twice(Fault::Close, Expected { cause: "connection_terminated", ..UNAVAILABLE }).await;
}

#[tokio::test]
async fn an_end_in_the_middle_of_the_head_is_503() {
    only_the_read_twice(Fault::HalfHead, Expected { cause: "connection_terminated", ..UNAVAILABLE }).await;
}

#[tokio::test]
async fn no_head_in_time_is_503() {
    let expected = || Expected { status: 503, code: "upstream_timeout", cause: "http_response_timeout" };
    both_once(Fault::Silent, expected()).await;
    both_once(Fault::SlowHead(Duration::from_millis(50)), expected()).await;
}

#[tokio::test]
async fn no_head_in_time_is_504_where_the_operator_wants_that() {
    let faulty = Faulty::start(Fault::Silent).await;
    let gateway = Gateway::with(&faulty.url(), "timeout_status = 504").await;
    let answer = gateway.caller().get("/api/v1/items/1").await;
    answer.problem(504, "upstream_timeout");
    assert_eq!(answer.header("proxy-status"), "agora; error=http_response_timeout");
}

#[tokio::test]
async fn a_body_that_stalls_or_is_cut_before_the_head_was_sent_is_502() {
    let expected = || Expected { status: 502, code: "upstream_incomplete", cause: "http_response_incomplete" };
    both_once(Fault::Stall, expected()).await;
    only_the_read_twice(Fault::Cut, expected()).await;
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_502() {
    both_once(Fault::Garbage, Expected { cause: "http_protocol_error", ..INVALID }).await;
}

#[tokio::test]
async fn a_protocol_that_nobody_asked_for_is_502() {
    let switch = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n".to_vec();
    both_once(Fault::Answer(switch), Expected { cause: "http_protocol_error", ..INVALID }).await;
}

#[tokio::test]
async fn an_answer_with_two_framings_is_read_as_chunked() {
    let answer =
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".to_vec();
    let faulty = Faulty::start(Fault::Answer(answer)).await;
    let gateway = Gateway::over(&faulty.url()).await;
    let answer = gateway.caller().get("/api/v1/items/1").await.expect(200);
    assert_eq!(answer.text(), "hello");
}

#[tokio::test]
async fn a_head_without_measure_is_502() {
    both_once(Fault::OversizeHead, Expected { cause: "http_protocol_error", ..INVALID }).await;
}

#[tokio::test]
async fn a_body_that_breaks_after_the_head_was_sent_never_looks_complete() {
    let faulty = Faulty::start(Fault::CutChunks).await;
    let gateway = Gateway::over(&faulty.url()).await;
    let broken = gateway.caller().get("/api/v1/items/1").try_send().await;
    assert!(broken.is_err(), "{broken:?}");
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(raw.head().await.status(), 200);
    let rest = String::from_utf8(raw.rest().await).unwrap();
    assert!(!rest.ends_with("0\r\n\r\n"), "{rest}");
}

#[tokio::test]
async fn a_body_that_announces_more_than_comes_never_looks_complete() {
    let large = "x".repeat(100_000);
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n{large}");
    let faulty = Faulty::start(Fault::Answer(answer.into())).await;
    let gateway = Gateway::with(&faulty.url(), "[limits]\nbody_idle_timeout = \"300ms\"").await;
    let broken = gateway.caller().get("/api/v1/items/1").try_send().await;
    assert!(broken.is_err(), "{broken:?}");
}

#[tokio::test]
async fn a_service_that_comes_back_is_called_again_at_once() {
    let faulty = Faulty::start(Fault::Reset).await;
    let gateway = Gateway::over(&faulty.url()).await;
    gateway.caller().get("/api/v1/items/1").await.problem(503, "upstream_unavailable");
    faulty.set(Fault::Answer(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".into()));
    let _ = gateway.caller().get("/api/v1/items/1").await.expect(200);
}

#[tokio::test]
async fn a_pooled_connection_that_its_server_closed_is_no_failure() {
    let once = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    let faulty = Faulty::start(Fault::Answer(once.into())).await;
    let gateway = Gateway::over(&faulty.url()).await;
    for _ in 0..20 {
        let _ = gateway.caller().get("/api/v1/items/1").await.expect(200);
        faulty.disconnect();
        until("the connection is closed", TIMEOUT, async || (faulty.open() == 0).then_some(())).await;
    }
}

#[tokio::test]
async fn the_call_is_cancelled_when_the_client_goes_away() {
    let faulty = Faulty::start(Fault::Silent).await;
    let gateway = Gateway::over(&faulty.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("GET /api/v1/patient HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let called = async || (faulty.calls() == 1).then_some(());
    until("the service is called", SLACK, called).await;
    assert_eq!(faulty.open(), 1);
    drop(raw);
    let cancelled = async || (faulty.open() == 0).then_some(());
    until("the call is cancelled", SLACK, cancelled).await;
}

#[tokio::test]
async fn other_routes_answer_while_a_service_hangs() {
    let faulty = Faulty::start(Fault::Silent).await;
    let gateway = Gateway::over(&faulty.url()).await;
    let caller = gateway.caller();
    let hanging: Vec<_> = (0..20).map(|_| tokio::spawn(caller.get("/api/v1/patient").try_send())).collect();
    until("all of them hang", SLACK, async || (faulty.calls() == 20).then_some(())).await;
    for path in ["/livez", "/docs", "/.well-known/jwks.json", "/api/v1/meta"] {
        let answer = caller.get(path).await.expect(200);
        assert!(answer.took < SLACK, "{path} took {:?}", answer.took);
    }
    hanging.iter().for_each(tokio::task::JoinHandle::abort);
}
