//! What must never reach an upstream, byte by byte.

use testkit::{Raw, Stub};

use crate::Gateway;

/// Requests that two servers could read differently, or that hide where they go.
const AMBIGUOUS: &[(&str, &str)] = &[
    (
        "length and chunks",
        "POST /api/v1/items HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    ("two lengths", "POST /api/v1/items HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ncontent-length: 4\r\n\r\n{}  "),
    ("a list of lengths", "POST /api/v1/items HTTP/1.1\r\nhost: a\r\ncontent-length: 2, 2\r\n\r\n{}"),
    ("a signed length", "POST /api/v1/items HTTP/1.1\r\nhost: a\r\ncontent-length: +2\r\n\r\n{}"),
    (
        "an unknown coding",
        "POST /api/v1/items HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ),
    ("chunked, disguised", "POST /api/v1/items HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n"),
    (
        "chunked twice",
        "POST /api/v1/items HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    ("chunks in HTTP/1.0", "POST /api/v1/items HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    (
        "space before the colon",
        "POST /api/v1/items HTTP/1.1\r\nhost: a\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n",
    ),
    ("two hosts", "GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"),
    ("no host", "GET /api/v1/items/1 HTTP/1.1\r\n\r\n"),
    ("a bad host", "GET /api/v1/items/1 HTTP/1.1\r\nhost: a b\r\n\r\n"),
    ("a folded field", "GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\nx-a: 1\r\n 2\r\n\r\n"),
    ("a bare line feed", "GET /api/v1/items/1 HTTP/1.1\nhost: a\n\n"),
    ("a bare line feed in a field", "GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\nx-a: 1\nx-b: 2\r\n\r\n"),
    ("a bare carriage return", "GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\nx-a: 1\rx-b: 2\r\n\r\n"),
    ("a NUL", "GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\nx-a: 1\0\r\n\r\n"),
    ("a target outside ASCII", "GET /api/v1/items/ü HTTP/1.1\r\nhost: a\r\n\r\n"),
    ("an asterisk", "GET * HTTP/1.1\r\nhost: a\r\n\r\n"),
    ("a fragment", "GET /api/v1/items/1#x HTTP/1.1\r\nhost: a\r\n\r\n"),
    ("a tunnel", "CONNECT example.test:443 HTTP/1.1\r\nhost: example.test:443\r\n\r\n"),
];

/// Paths that change when somebody normalises them, or that hide a separator.
const BAD_PATHS: &[&str] = &[
    "/api/v1/items/..",
    "/api/v1/../v1/items/1",
    "/api/v1/items/.",
    "/api/v1/./items/1",
    "/api/v1//items/1",
    "//api/v1/items/1",
    "/api/v1/items/a%2fb",
    "/api/v1/items/a%2Fb",
    "/api/v1/items/a%5cb",
    "/api/v1/items/a\\b",
    "/api/v1/items/a%00b",
    "/api/v1/items/%2e%2e",
    "/api/v1/items/%2E",
    "/api/v1/items/%",
    "/api/v1/items/%4",
    "/api/v1/items/%zz",
];

#[tokio::test]
async fn a_request_that_can_be_read_in_two_ways_is_400_and_reaches_nobody() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    for (what, request) in AMBIGUOUS {
        let mut raw = Raw::connect(gateway.address()).await;
        raw.send(request).await;
        let answer = raw.answer().await;
        assert_eq!(answer.status, 400, "{what}: {}", answer.sentence());
        assert_eq!(answer.json()["code"], "invalid_parameter", "{what}");
        assert_eq!(answer.media_type(), "application/problem+json", "{what}");
        assert_eq!(stub.calls(), 0, "{what}");
    }
}

#[tokio::test]
async fn a_connection_is_closed_after_a_refused_head_so_that_nothing_smuggled_is_read() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send(
        "POST /api/v1/items HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/items/smuggled HTTP/1.1\r\nhost: a\r\n\r\n",
    )
    .await;
    assert_eq!(raw.answer().await.status, 400);
    assert_eq!(raw.rest().await, b"");
    assert_eq!(stub.calls(), 0);
}

#[tokio::test]
async fn a_path_that_changes_when_normalised_is_400_and_reaches_nobody() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    for path in BAD_PATHS {
        let mut raw = Raw::connect(gateway.address()).await;
        raw.send(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        let answer = raw.answer().await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.sentence());
        assert_eq!(answer.json()["code"], "invalid_parameter", "{path}");
        assert_eq!(stub.calls(), 0, "{path}");
    }
}

const STRICTER: &str = r#"
[[proxy]]
prefix = "/legacy/admin/"
url    = "http://127.0.0.1:9"
access = "signed_in"

[[proxy]]
prefix       = "/taken/off/"
url          = "URL"
access       = "anyone"
strip_prefix = true
"#;

#[tokio::test]
async fn a_path_has_the_route_of_the_path_that_means_the_same() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::with_routes(&stub.url(), &STRICTER.replace("URL", &stub.url())).await;
    for path in ["/legacy/admin/a", "/legacy/%61dmin/a", "/l%65gacy/adm%69n/a?b=%63"] {
        gateway.caller().get(path).await.problem(401, "unauthenticated");
    }
    let _ = gateway.caller().get("/legacy/%7eada/%c3%a4?b=%63").await.expect(200);
    assert_eq!(stub.last().uri.to_string(), "/legacy/~ada/%c3%a4?b=%63");
}

#[tokio::test]
async fn a_prefix_that_is_taken_off_leaves_a_path() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::with_routes(&stub.url(), &STRICTER.replace("URL", &stub.url())).await;
    for (asked, heard) in
        [("/taken/off/a?x=1", "/a?x=1"), ("/taken/off/?x=1", "/?x=1"), ("/taken/off?x=1", "/?x=1"), ("/taken/off", "/")]
    {
        let _ = gateway.caller().get(asked).await.expect(200);
        assert_eq!(stub.last().uri.to_string(), heard, "{asked}");
    }
}

#[tokio::test]
async fn the_bytes_that_were_matched_are_the_bytes_that_are_forwarded() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    let _ = gateway.caller().get("/api/v1/items/a%20b%C3%A9~;=@:?q=%2F..%2f&x=1+2").await.expect(200);
    assert_eq!(stub.last().uri.to_string(), "/items/a%20b%C3%A9~;=@:?q=%2F..%2f&x=1+2");
}

#[tokio::test]
async fn an_oversize_head_or_target_is_refused_and_reaches_nobody() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    let field = format!("x-a: {}\r\n", "a".repeat(1000));
    let cases = [
        (431, format!("GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\n{}\r\n", field.repeat(17))),
        (431, format!("GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: 1\r\n".repeat(101))),
        (414, format!("GET /api/v1/items/{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(8200))),
    ];
    for (status, request) in cases {
        let mut raw = Raw::connect(gateway.address()).await;
        raw.send(request).await;
        assert_eq!(raw.answer().await.status, status);
    }
    let fitting = format!("GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: 1\r\n".repeat(90));
    assert_eq!(stub.calls(), 0);
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send(fitting).await;
    assert_eq!(raw.answer().await.status, 200);
}

#[tokio::test]
async fn an_oversize_body_is_413_with_the_limit_whether_it_is_announced_or_not() {
    let stub = Stub::start(axum::Router::new().fallback(async |body: bytes::Bytes| body.len().to_string())).await;
    let gateway = Gateway::over(&stub.url()).await;
    let large = format!("\"{}\"", "a".repeat(1024 * 1024));
    let call = gateway.caller().call(http::Method::POST, "/api/v1/items");
    let answer = call.body("application/json", large.clone()).await;
    let document = answer.problem(413, "payload_too_large");
    assert!(document["detail"].as_str().unwrap().contains("1048576"), "{document}");
    assert_eq!(stub.calls(), 0);
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("POST /api/v1/items HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n").await;
    let _ = raw.try_send(format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len())).await;
    let answer = raw.answer().await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (413, Some("payload_too_large")));
    assert!(stub.requests().iter().all(|request| request.body.is_empty() || request.trailers.is_none()));
}

#[tokio::test]
async fn a_route_that_takes_files_takes_ten_mebibytes() {
    let stub = Stub::start(axum::Router::new().fallback(async |request: axum::extract::Request| {
        let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
        (http::StatusCode::CREATED, body.len().to_string())
    }))
    .await;
    let gateway = Gateway::over(&stub.url()).await;
    let upload = |length: usize| {
        let call = gateway.caller().call(http::Method::POST, "/api/v1/uploads");
        call.body("multipart/form-data; boundary=x", vec![b'a'; length])
    };
    assert_eq!(upload(10 * 1024 * 1024).await.expect(201).text(), "10485760");
    upload(10 * 1024 * 1024 + 1).await.problem(413, "payload_too_large");
}
