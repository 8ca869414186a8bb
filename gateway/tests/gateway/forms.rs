//! Routes that rename the fields of forms: the service sees its own names, whole forms or none.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use testkit::{Answer, Raw, Stub, until};
use tokio::sync::mpsc;

use crate::Gateway;

const MULTIPART: &str = "multipart/form-data; boundary=\"a boundary\"";
const URLENCODED: &str = "application/x-www-form-urlencoded";
const PATIENCE: Duration = Duration::from_secs(20);

fn form(name: &str, content: &str) -> String {
    format!(
        "--a boundary\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n\
         --a boundary\r\nContent-Disposition: form-data; name=\"image\"; filename=\"caption\"\r\nContent-Type: image/png\r\n\r\n\
         \r\n--a bound\r\n\r\n--a boundary--\r\n"
    )
}

async fn stub() -> Stub {
    let answer = async |body: Body| (StatusCode::CREATED, body.collect().await.unwrap().to_bytes().len().to_string());
    Stub::start(Router::new().fallback(answer)).await
}

async fn post(gateway: &Gateway, media_type: &str, body: impl Into<bytes::Bytes>) -> Answer {
    gateway.caller().call(Method::POST, "/api/v1/pictures").body(media_type, body).await
}

fn assert_renamed(document: &Value) {
    assert_eq!(document["detail"], "The form has no field `text`; here it is called `caption`.");
    assert_eq!(document["errors"][0]["pointer"], "text");
}

#[tokio::test]
async fn a_form_arrives_with_the_operations_names() {
    let stub = stub().await;
    let gateway = Gateway::over(&stub.url()).await;
    for (media_type, sent, expected) in [
        (MULTIPART, form("caption", "caption"), form("text", "caption")),
        (URLENCODED, "c%61ption=caption&x=%20".to_owned(), "text=caption&x=%20".to_owned()),
        ("application/json", r#"{"caption":"text"}"#.to_owned(), r#"{"caption":"text"}"#.to_owned()),
    ] {
        let _ = post(&gateway, media_type, sent).await.expect(201);
        let seen = stub.last();
        assert_eq!(String::from_utf8(seen.body.clone()).unwrap(), expected);
        assert_eq!(seen.header("content-type"), media_type);
        assert_eq!(seen.header("content-length").parse(), Ok(expected.len()), "{:?}", seen.headers);
    }
}

#[tokio::test]
async fn a_large_form_streams_in_chunks_and_what_is_said_of_its_bytes_stays_behind() {
    let stub = stub().await;
    let gateway = Gateway::over(&stub.url()).await;
    let content = "x\r\n".repeat(1024 * 1024);
    let (sent, expected) = (form("caption", &content), form("text", &content));
    let call = gateway.caller().call(Method::POST, "/api/v1/pictures").header("content-md5", "x");
    let answer = call.header("content-digest", "sha-256=:eA==:").body(MULTIPART, sent).await.expect(201);
    assert_eq!(answer.text(), expected.len().to_string());
    let seen = stub.last();
    assert_eq!(seen.header("transfer-encoding"), "chunked");
    for name in ["content-length", "content-md5", "content-digest"] {
        assert!(!seen.headers.contains_key(name), "{name}");
    }
    assert!(expected.as_bytes().starts_with(&seen.body), "the first 64 KiB are as they should be");
}

#[tokio::test]
async fn a_malformed_form_that_is_small_is_400_and_reaches_nobody() {
    let stub = stub().await;
    let gateway = Gateway::over(&stub.url()).await;
    for (media_type, body, sentence) in [
        (
            MULTIPART,
            form("caption", "x").replace("Content-Type", "Content Type"),
            "The form is malformed: the header fields of a part cannot be read.",
        ),
        (MULTIPART, form("caption", "x").replace("--a boundary--", ""), "The form ends before its last boundary."),
        (MULTIPART, "{}".to_owned(), "The form ends before its last boundary."),
        (
            MULTIPART,
            form("a\"; name=\"b", "x"),
            "The form is malformed: a part has no `Content-Disposition: form-data` with one `name`.",
        ),
        (
            "multipart/form-data",
            form("caption", "x"),
            "The `Content-Type` of the form names no boundary, or one that is none (RFC 2046: 1 to 70 characters).",
        ),
    ] {
        let document = post(&gateway, media_type, body).await.problem(400, "invalid_parameter");
        assert_eq!(document["detail"], sentence, "{media_type}");
    }
    for (media_type, body) in [(MULTIPART, form("text", "x")), (URLENCODED, "caption=1&text=2".to_owned())] {
        assert_renamed(&post(&gateway, media_type, body).await.problem(400, "invalid_parameter"));
    }
    assert_eq!(stub.calls(), 0);
}

#[tokio::test]
async fn a_head_that_could_be_read_in_two_ways_is_refused() {
    let stub = stub().await;
    let gateway = Gateway::over(&stub.url()).await;
    let call = gateway.caller().call(Method::POST, "/api/v1/pictures").header("content-encoding", "gzip");
    call.body(URLENCODED, "caption=1").await.problem(415, "unsupported_media_type");
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("POST /api/v1/pictures HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 6\r\n\r\ntext=1").await;
    let answer = raw.answer().await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (400, Some("invalid_parameter")));
    assert_eq!(stub.calls(), 0);
}

/// A service that tells whether each body that it was sent was whole.
async fn telling() -> (Stub, mpsc::UnboundedReceiver<bool>) {
    let (tell, told) = mpsc::unbounded_channel();
    let answer = move |request: Request| {
        let tell = tell.clone();
        async move {
            let whole = request.into_body().collect().await.is_ok();
            tell.send(whole).unwrap();
            StatusCode::CREATED
        }
    };
    (Stub::start(Router::new().fallback(answer)).await, told)
}

#[tokio::test]
async fn a_form_that_turns_out_malformed_while_it_streams_is_400_and_broken_for_the_service() {
    let (stub, mut told) = telling().await;
    let gateway = Gateway::over(&stub.url()).await;
    let good = form("caption", &"x".repeat(100_000));
    for (rest, sentence) in [
        ("", "The form ends before its last boundary."),
        ("y\r\n--a boundary\r\nno field\r\n\r\n", "The form is malformed: the header fields of a part cannot be read."),
    ] {
        let calls = stub.calls();
        let mut raw = Raw::connect(gateway.address()).await;
        raw.send(format!("POST /api/v1/pictures HTTP/1.1\r\nhost: a\r\ncontent-type: {MULTIPART}\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{}\r\n", 90_000, &good[..90_000])).await;
        until("the service is called", PATIENCE, async || (stub.calls() > calls).then_some(())).await;
        let last = if rest.is_empty() { String::new() } else { format!("{:x}\r\n{rest}\r\n", rest.len()) };
        let _ = raw.try_send(format!("{last}0\r\n\r\n")).await;
        let answer = raw.answer().await;
        assert_eq!((answer.status.as_u16(), answer.json()["detail"].as_str()), (400, Some(sentence)));
        assert_eq!(tokio::time::timeout(PATIENCE, told.recv()).await.unwrap(), Some(false), "{sentence}");
    }
    assert_eq!(post(&gateway, MULTIPART, good).await.status, 201);
    assert_eq!(told.recv().await, Some(true));
}

#[tokio::test]
async fn trailers_come_after_the_rest_of_the_form() {
    let stub = stub().await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send(format!("POST /api/v1/pictures HTTP/1.1\r\nhost: a\r\ntrailer: x-end\r\ncontent-type: {URLENCODED}\r\ntransfer-encoding: chunked\r\n\r\n3\r\ncap\r\n4\r\ntion\r\n0\r\nx-end: 1\r\n\r\n")).await;
    assert_eq!(raw.answer().await.status, 201);
    let seen = stub.last();
    assert_eq!(seen.body, b"text");
    assert_eq!(seen.trailers.unwrap()["x-end"], "1");
}

#[tokio::test]
async fn a_form_that_is_too_large_is_413_as_everywhere() {
    let stub = stub().await;
    let gateway = Gateway::with(&stub.url(), "[limits]\nupload_bytes = \"128KiB\"").await;
    let large = form("caption", &"x".repeat(256 * 1024));
    post(&gateway, MULTIPART, large.clone()).await.problem(413, "payload_too_large");
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send(format!(
        "POST /api/v1/pictures HTTP/1.1\r\nhost: a\r\ncontent-type: {MULTIPART}\r\ntransfer-encoding: chunked\r\n\r\n"
    ))
    .await;
    let _ = raw.try_send(format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len())).await;
    assert_eq!(raw.answer().await.status, 413);
}

#[tokio::test]
async fn the_public_document_has_the_public_names() {
    let gateway = Gateway::over("http://127.0.0.1:9").await;
    let document = gateway.caller().get("/openapi.json").await.expect(200).json();
    let content = &document["paths"]["/api/v1/pictures"]["post"]["requestBody"]["content"];
    let names = |media_type: &str| -> Vec<String> {
        content[media_type]["schema"]["properties"].as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(
        (names(URLENCODED), names("application/json")),
        (vec!["caption".into(), "image".into()], vec!["text".into(), "image".into()])
    );
}
