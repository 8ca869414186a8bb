//! The duties of a proxy: which fields travel, which do not, and which are added.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use testkit::{Raw, Stub};
use tokio::sync::Semaphore;

use crate::Gateway;

#[tokio::test]
async fn hop_by_hop_fields_stop_here_on_the_way_in() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send(
        "GET /api/v1/items/1 HTTP/1.1\r\nhost: a\r\nconnection: keep-alive, x-hop\r\nx-hop: 1\r\nkeep-alive: timeout=5\r\nproxy-connection: keep-alive\r\nproxy-authorization: Basic YTpi\r\nte: gzip\r\nupgrade: h2c\r\nx-end-to-end: 1\r\n\r\n",
    )
    .await;
    assert_eq!(raw.answer().await.status, 200);
    let seen = stub.last().headers;
    for name in
        ["connection", "x-hop", "keep-alive", "proxy-connection", "proxy-authorization", "upgrade", "transfer-encoding"]
    {
        assert!(!seen.contains_key(name), "{name} reached the service: {seen:?}");
    }
    assert_eq!(seen["x-end-to-end"], "1");
}

#[tokio::test]
async fn the_host_of_a_target_counts_whatever_host_says() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    for (target, host) in [
        ("http://shop.test", "shop.test"),
        ("http://shop.test:81", "shop.test:81"),
        ("http://me@shop.test", "shop.test"),
        ("", "other.test"),
    ] {
        let mut raw = Raw::connect(gateway.address()).await;
        raw.send(format!("GET {target}/api/v1/items/1 HTTP/1.1\r\nhost: other.test\r\n\r\n")).await;
        assert_eq!(raw.answer().await.status, 200, "{target}");
        assert_eq!(stub.last().header("x-forwarded-host"), host);
    }
}

#[tokio::test]
async fn hop_by_hop_fields_stop_here_on_the_way_out() {
    let fields = [
        ("connection", "x-hop"),
        ("x-hop", "1"),
        ("keep-alive", "timeout=5"),
        ("proxy-authenticate", "Basic"),
        ("x-internal-debug", "1"),
        ("x-end-to-end", "1"),
    ];
    let stub = Stub::start(Router::new().fallback(move || async move { (fields, "{}") })).await;
    let gateway = Gateway::over(&stub.url()).await;
    let answer = gateway.caller().get("/api/v1/items/1").await.expect(200);
    for name in ["x-hop", "keep-alive", "proxy-authenticate", "x-internal-debug"] {
        assert!(!answer.headers.contains_key(name), "{name}: {:?}", answer.headers);
    }
    assert_eq!(answer.header("x-end-to-end"), "1");
    assert_eq!(answer.header("via"), "1.1 agora");
}

#[tokio::test]
async fn the_service_learns_who_called_from_the_gateway_and_from_nobody_else() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    let caller = gateway
        .caller()
        .with_header("host", "shop.example.test")
        .with_header("x-internal-assertion", "forged")
        .with_header("x-internal-other", "forged");
    let call = caller
        .get("/api/v1/items/1")
        .header("x-user-id", "1")
        .header("x-real-ip", "6.6.6.6")
        .header("cf-connecting-ip", "6.6.6.6")
        .header("true-client-ip", "6.6.6.6")
        .header("x-http-method-override", "DELETE")
        .header("x-forwarded-for", "6.6.6.6")
        .header("x-forwarded-proto", "https");
    let call = call.header("x-forwarded-host", "evil.test").header("forwarded", "for=6.6.6.6").header("cookie", "a=b");
    let _ = call.await.expect(200);
    let seen = stub.last().headers;
    let assertions: Vec<_> = seen.get_all("x-internal-assertion").iter().collect();
    assert!(assertions.len() == 1 && assertions[0] != "forged", "{assertions:?}");
    for name in [
        "x-internal-other",
        "x-user-id",
        "cookie",
        "authorization",
        "x-real-ip",
        "cf-connecting-ip",
        "true-client-ip",
        "x-http-method-override",
    ] {
        assert!(!seen.contains_key(name), "{name} reached the service");
    }
    assert_eq!(one(&seen, "x-forwarded-for"), "127.0.0.1");
    assert_eq!(one(&seen, "x-forwarded-proto"), "http");
    assert_eq!(one(&seen, "x-forwarded-host"), "shop.example.test");
    assert_eq!(one(&seen, "forwarded"), "for=127.0.0.1;proto=http");
    assert_eq!(one(&seen, "via"), "1.1 agora");
    assert_eq!(one(&seen, "host"), stub.address().to_string());
}

fn one<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let values: Vec<_> = headers.get_all(name).iter().collect();
    assert_eq!(values.len(), 1, "{name}: {values:?}");
    values[0].to_str().unwrap()
}

#[tokio::test]
async fn a_well_formed_request_id_is_kept_and_any_other_is_replaced() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    let ask = async |id: Option<&str>| {
        let call = gateway.caller().get("/api/v1/items/1");
        let call = id.map_or_else(|| call.clone(), |id| call.clone().header("x-request-id", id));
        let answer = call.await.expect(200);
        assert_eq!(answer.header("x-request-id"), stub.last().header("x-request-id"));
        answer.header("x-request-id").to_owned()
    };
    assert_eq!(ask(Some("client-chosen-0001")).await, "client-chosen-0001");
    for refused in ["short", "has space in it", "quote\"in it here", &"a".repeat(65)] {
        assert_ne!(ask(Some(refused)).await, refused);
    }
    assert_ne!(ask(None).await, ask(None).await);
}

/// What is added to a request is written behind its own fields, which must not say the same before it.
#[tokio::test]
async fn what_the_gateway_adds_is_said_once_whatever_the_client_has_said() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let service = format!("url = {:?}", stub.url());
    for trusted in ["", "trusted_proxies = [\"127.0.0.1\"]"] {
        let gateway = Gateway::guarded(&stub.url(), &service, trusted).await;
        for path in ["/api/v1/items/1", "/api/v1/patient", "/legacy/a"] {
            let mut raw = Raw::connect(gateway.address()).await;
            let ids = "x-request-id: no id\r\nX-Request-Id: client-chosen-0001\r\n";
            let forged = "x-internal-assertion: forged\r\nx_internal-assertion: forged\r\nx-internal-timeout-ms: 1\r\nx-forwarded-prefix: /forged\r\n";
            raw.send(format!("GET {path} HTTP/1.1\r\nhost: a\r\n{ids}{forged}\r\n")).await;
            assert_eq!(raw.answer().await.status, 200, "{path}");
            let seen = stub.last().headers;
            assert_ne!(one(&seen, "x-request-id"), "no id");
            let names = seen.keys().map(HeaderName::as_str).collect::<Vec<_>>();
            let internal: Vec<_> =
                names.iter().filter(|name| name.replace('_', "-").starts_with("x-internal-")).collect();
            let is_service = path.starts_with("/api/");
            assert_eq!(internal.len(), if is_service { 2 } else { 0 }, "{path}: {names:?}");
            if is_service {
                assert_ne!(one(&seen, "x-internal-assertion"), "forged");
                assert!(one(&seen, "x-internal-timeout-ms").parse::<u64>().unwrap() > 1, "{path}");
                assert_eq!(one(&seen, "x-forwarded-prefix"), "/api/v1", "{path}");
            }
        }
    }
}

#[tokio::test]
async fn the_trace_of_the_client_is_continued() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let call = gateway.caller().get("/api/v1/items/1");
    let _ = call.header("traceparent", &format!("00-{trace}-b7ad6b7169203331-01")).await.expect(200);
    assert!(stub.last().header("traceparent").contains(trace));
}

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let stub = Stub::answering(200, "application/json", r#"{"a":1}"#).await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("HEAD /api/v1/items/1 HTTP/1.1\r\nhost: a\r\n\r\nGET /api/v1/items/2 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let head = raw.head().await;
    assert_eq!((head.status().as_u16(), &head.headers()["content-length"]), (200, &"7".parse().unwrap()));
    let answer = raw.answer().await;
    assert_eq!(
        (answer.status.as_u16(), answer.text().as_str()),
        (200, r#"{"a":1}"#),
        "no byte of a body between the two"
    );
    assert_eq!(stub.requests()[0].method, Method::HEAD);
}

#[tokio::test]
async fn a_client_that_expects_100_is_told_to_continue() {
    let stub = Stub::start(Router::new().fallback(async |body: String| (http::StatusCode::CREATED, body))).await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("POST /api/v1/items HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n").await;
    assert_eq!(raw.head().await.status(), 100);
    raw.send("{}").await;
    let answer = raw.answer().await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (201, "{}"));
    assert!(!stub.last().headers.contains_key("expect"));
}

#[tokio::test]
async fn a_client_that_expects_100_for_too_large_a_body_is_refused_before_it_sends_it() {
    let stub = Stub::answering(201, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("POST /api/v1/items HTTP/1.1\r\nhost: a\r\ncontent-length: 2000000\r\nexpect: 100-continue\r\n\r\n").await;
    assert_eq!(raw.answer().await.status, 413);
    assert_eq!(stub.calls(), 0);
}

#[tokio::test]
async fn trailers_are_kept_in_both_directions() {
    let answer = async |request: axum::extract::Request| {
        let trailers = request.into_body().collect().await.unwrap().trailers().cloned();
        let sum = trailers.as_ref().and_then(|trailers| trailers.get("x-sum")).cloned();
        let frames = [
            Ok::<_, std::convert::Infallible>(Frame::data(Bytes::from_static(b"{}"))),
            Ok(Frame::trailers(HeaderMap::from_iter([(HeaderName::from_static("x-echo"), sum.unwrap())]))),
        ];
        let body = Body::new(StreamBody::new(futures_util::stream::iter(frames)));
        ([("trailer", "x-echo")], body)
    };
    let stub = Stub::start(Router::new().fallback(answer)).await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("POST /api/v1/items HTTP/1.1\r\nhost: a\r\nte: trailers\r\ncontent-type: application/json\r\ntrailer: x-sum\r\ntransfer-encoding: chunked\r\nconnection: te, close\r\n\r\n2\r\n{}\r\n0\r\nx-sum: 9\r\n\r\n").await;
    assert_eq!(raw.head().await.status(), 200);
    let rest = String::from_utf8(raw.rest().await).unwrap();
    assert_eq!(stub.last().trailers.expect("trailers")["x-sum"], "9");
    assert!(rest.ends_with("0\r\nx-echo: 9\r\n\r\n"), "{rest:?}");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let stub = Stub::start(Router::new().fallback(async |uri: http::Uri| uri.path().to_owned())).await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    let requests: String = (0..5).map(|id| format!("GET /api/v1/items/{id} HTTP/1.1\r\nhost: a\r\n\r\n")).collect();
    raw.send(requests).await;
    for id in 0..5 {
        assert_eq!(raw.answer().await.text(), format!("/items/{id}"));
    }
}

/// As `nc -N` does it: all requests in one piece, and then the end.
#[tokio::test]
async fn whoever_has_asked_for_more_may_close_its_side_and_gets_all_answers() {
    let (hold, held) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let answer = {
        let (hold, held) = (Arc::clone(&hold), Arc::clone(&held));
        async move |uri: http::Uri| {
            held.add_permits(1);
            let _open = hold.acquire().await.unwrap();
            uri.path().to_owned()
        }
    };
    let stub = Stub::start(Router::new().fallback(answer)).await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    let requests: String = (0..3).map(|id| format!("GET /api/v1/items/{id} HTTP/1.1\r\nhost: a\r\n\r\n")).collect();
    raw.send(requests).await;
    raw.finish().await;
    let _first_has_come = held.acquire().await.unwrap();
    hold.add_permits(3);
    for id in 0..2 {
        assert_eq!(raw.answer().await.text(), format!("/items/{id}"));
    }
}

#[tokio::test]
async fn every_answer_carries_its_request_id_and_forbids_sniffing() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    for path in ["/api/v1/items/1", "/api/v1/nothing", "/docs", "/livez"] {
        let answer = gateway.caller().get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_trailer_cannot_speak_for_the_gateway() {
    let read = async |request: axum::extract::Request| {
        let _collected = request.into_body().collect().await;
        "{}"
    };
    let stub = Stub::start(Router::new().fallback(read)).await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("POST /api/v1/items HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntrailer: x-sum, x-internal-assertion, x-user-id\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n2\r\n{}\r\n0\r\nx-internal-assertion: forged\r\nx-user-id: 1\r\nx-sum: 9\r\n\r\n").await;
    assert_eq!(raw.head().await.status(), 200);
    let trailers = stub.last().trailers.expect("trailers");
    assert_eq!(trailers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-sum"]);
}

#[tokio::test]
async fn a_chunked_body_arrives_whatever_the_method() {
    let echo = async |body: Body| body.collect().await.unwrap().to_bytes();
    let stub = Stub::start(Router::new().fallback(echo)).await;
    let gateway = Gateway::over(&stub.url()).await;
    for method in ["GET", "DELETE"] {
        let mut raw = Raw::connect(gateway.address()).await;
        raw.send(format!(
            "{method} /api/v1/items/1 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"
        ))
        .await;
        assert_eq!(raw.answer().await.text(), "body", "{method}");
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_of_caching_is_its_callers_alone() {
    let stub = Stub::start(Router::new().fallback(async |uri: http::Uri| {
        let said = uri.path().ends_with("said").then_some([("cache-control", "max-age=5")]);
        (said, "{}")
    }))
    .await;
    let gateway = Gateway::over(&stub.url()).await;
    for (id, expected) in [("silent", "private, no-cache"), ("said", "max-age=5")] {
        let answer = gateway.caller().get(&format!("/api/v1/items/{id}")).await.expect(200);
        assert_eq!(answer.header("cache-control"), expected);
    }
}
