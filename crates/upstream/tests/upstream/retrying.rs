//! What is sent a second time, and above all what is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::any;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use upstream::{Answer, Failure, Policy, Pool, RequestBody, TIMEOUT, Terms, Upstream};

use crate::server::{BlackHole, Does, Server, ok, status};
use crate::{both, soon};

/// Without breakers, which would end a series of failures early.
fn retrying() -> Policy {
    Policy { breaker: false, ..Policy::default() }
}

fn request(method: &str, body: &Bytes) -> Request<RequestBody> {
    Request::builder().method(method).uri("/").body(RequestBody::from(body.clone())).unwrap()
}

async fn send(upstream: &Upstream, method: &str, body: &Bytes) -> Result<Answer, Failure> {
    upstream.send(&Pool::new(), &mut request(method, body), Terms::until(soon()).collecting(1024)).await
}

/// Everything that can go wrong once a byte of a request went out.
fn faults() -> Vec<Does> {
    let half_head = "HTTP/1.1 200 OK\r\ncontent-le".to_owned();
    let half_body = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort".to_owned();
    let closing = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned();
    let early = [Does::Resets(1), Does::Resets(10), Does::Resets(30), Does::Closes];
    let late = [half_head, half_body, closing].map(Does::AnswersAndCloses);
    early.into_iter().chain(late).chain([502, 503, 504].map(status)).collect()
}

#[tokio::test]
async fn what_is_not_idempotent_is_never_sent_twice_once_a_byte_of_it_went_out() {
    for method in ["POST", "PATCH", "REPORT"] {
        for size in [0, 30, 60_000, 5_000_000] {
            let body = Bytes::from(vec![b'x'; size]);
            for fault in faults() {
                let server = Server::start(vec![fault.clone(), ok()]).await;
                let answered = send(&server.upstream(retrying()), method, &body).await;
                assert!(answered.is_err() || answered.unwrap().status().is_server_error(), "{method} {fault:?}");
                assert_eq!(server.seen(), 1, "{method}, {size} bytes, {fault:?}");
            }
        }
    }
}

#[tokio::test]
async fn nor_is_it_on_a_connection_that_was_used_before() {
    for fault in faults() {
        let server = Server::start(vec![ok(), fault.clone(), ok()]).await;
        let (upstream, pool) = (server.upstream(retrying()), Pool::new());
        for seen in 1..=2 {
            let terms = Terms::until(soon()).collecting(1024);
            let _outcome = upstream.send(&pool, &mut request("POST", &Bytes::from("body")), terms).await;
            assert_eq!((server.seen(), server.connections()), (seen, 1), "{fault:?}");
        }
    }
}

#[tokio::test]
async fn what_is_idempotent_is_sent_once_more_as_it_was() {
    let body = Bytes::from(vec![b'x'; 3_000]);
    for (method, body) in [("GET", Bytes::new()), ("HEAD", Bytes::new()), ("PUT", body), ("DELETE", Bytes::new())] {
        for fault in faults() {
            if method == "HEAD" && matches!(&fault, Does::AnswersAndCloses(answer) if answer.contains("short")) {
                // An answer to HEAD has no body that could be cut.
                continue;
            }
            let server = Server::start(vec![fault.clone(), ok()]).await;
            let answered = send(&server.upstream(retrying()), method, &body).await.unwrap();
            assert_eq!(answered.status(), StatusCode::OK, "{method} {fault:?}");
            assert_eq!(server.seen(), 2, "{method} {fault:?}");
            if let [first, second] = &server.requests()[..] {
                assert_eq!(first, second);
            }
            assert!(server.requests().last().unwrap().ends_with(&String::from_utf8_lossy(&body)[..]));
        }
    }
}

#[tokio::test]
async fn there_is_one_retry_and_no_second() {
    for fault in faults() {
        let server = Server::start(vec![fault.clone()]).await;
        let _failed = send(&server.upstream(retrying()), "GET", &Bytes::new()).await;
        assert_eq!(server.seen(), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn other_answers_timeouts_and_stalls_are_not_tried_again() {
    let stall = Does::AnswersAndHangs("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort".to_owned());
    let garbage = Does::AnswersAndCloses("SSH-2.0-nonsense\r\n\r\n".to_owned());
    let others = [200, 204, 302, 400, 401, 404, 409, 429, 500, 501, 505].map(status);
    for does in others.into_iter().chain([Does::Hangs, stall, garbage]) {
        let server = Server::start(vec![does.clone()]).await;
        let waits = matches!(does, Does::Hangs | Does::AnswersAndHangs(_));
        let deadline = if waits { Instant::now() + Duration::from_millis(400) } else { soon() };
        let terms = Terms::until(deadline).collecting(1024);
        let _failed = server.upstream(retrying()).send(&Pool::new(), &mut request("GET", &Bytes::new()), terms).await;
        assert_eq!(server.seen(), 1, "{does:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_refused_is_tried_again_by_any_method_elsewhere_at_once() {
    let gone = Server::start(vec![ok()]).await;
    let here = Server::start(vec![ok()]).await;
    gone.kill();
    let urls = [gone.url(), here.url()];
    let upstream = Upstream::remote("stub", &urls).unwrap().with_policy(retrying());
    for method in ["GET", "POST", "PATCH", "PUT"] {
        for _ in 0..20 {
            assert_eq!(send(&upstream, method, &Bytes::from("body")).await.unwrap().status(), StatusCode::OK);
        }
    }
    assert_eq!((gone.seen(), here.seen()), (0, 80));
    assert!(upstream.state().retries > 0);
}

#[tokio::test]
async fn what_could_not_even_be_connected_is_tried_once_more_by_any_method() {
    let hole = BlackHole::start();
    let nowhere = "http://does-not-exist.invalid:80".parse().unwrap();
    for (url, failure) in [(hole.url(), Failure::ConnectionTimeout), (nowhere, Failure::Dns)] {
        for method in ["GET", "POST"] {
            let upstream = Upstream::remote_within("stub", std::slice::from_ref(&url), Duration::from_millis(50));
            let upstream = upstream.unwrap().with_policy(retrying());
            assert_eq!(send(&upstream, method, &Bytes::from("body")).await.unwrap_err(), failure, "{method}");
            assert_eq!(upstream.state().retries, 1, "{method} {failure:?}");
        }
    }
}

#[tokio::test]
async fn bodies_that_stream_or_are_large_are_not_sent_again() {
    let server = Server::start(vec![status(503)]).await;
    let upstream = server.upstream(retrying());
    let large = Bytes::from(vec![b'x'; 64 * 1024 + 1]);
    send(&upstream, "PUT", &large).await.unwrap();
    assert_eq!(server.seen(), 1);
    let body = http_body_util::Full::new(Bytes::from("body")).map_err(|never| match never {});
    let mut streams = Request::put("/").header("content-length", "4").body(RequestBody::stream(body)).unwrap();
    upstream.send(&Pool::new(), &mut streams, Terms::until(soon())).await.unwrap();
    assert_eq!(server.seen(), 2);
}

#[tokio::test]
async fn of_two_bad_answers_the_second_passes_and_a_bad_one_is_better_than_none() {
    let answer = |text: &str| Does::Answers(format!("HTTP/1.1 503 Busy\r\ncontent-length: 1\r\n\r\n{text}"));
    for (then, expected) in [(answer("2"), "2"), (Does::Closes, "1")] {
        let server = Server::start(vec![answer("1"), then]).await;
        let answered = send(&server.upstream(retrying()), "GET", &Bytes::new()).await.unwrap();
        assert_eq!(answered.into_body().collect().await.unwrap().to_bytes(), expected);
        assert_eq!(server.seen(), 2);
    }
}

#[tokio::test]
async fn nothing_is_tried_again_that_the_deadline_would_cut_off_or_that_is_switched_off() {
    let server = Server::start(vec![status(503)]).await;
    let terms = Terms::until(Instant::now() + Duration::from_millis(20));
    // The shortest pause is longer than that.
    let _answered = server.upstream(retrying()).send(&Pool::new(), &mut request("GET", &Bytes::new()), terms).await;
    assert_eq!(server.seen(), 1);
    let never = Policy { retries: false, ..retrying() };
    send(&server.upstream(never.clone()), "GET", &Bytes::new()).await.unwrap();
    assert_eq!(server.seen(), 2);
    server.kill();
    let upstream = server.upstream(never);
    assert!(send(&upstream, "POST", &Bytes::new()).await.is_err());
    assert_eq!(upstream.state().retries, 0);
}

#[tokio::test]
async fn in_a_full_outage_retries_add_a_fifth_of_the_requests_and_a_few() {
    const REQUESTS: usize = 400;
    let server = Server::start(vec![Does::Closes]).await;
    // So many at once may take a while to connect on a busy machine.
    let upstream = Upstream::remote_within("stub", &[server.url()], Duration::from_secs(5)).unwrap();
    let upstream = upstream.with_policy(Policy { max_in_flight: REQUESTS, ..retrying() });
    let began = Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..REQUESTS {
        let upstream = upstream.clone();
        calls.spawn(async move { send(&upstream, "GET", &Bytes::new()).await.unwrap_err() });
    }
    calls.join_all().await;
    let allowed = REQUESTS + REQUESTS / 5 + 30 + 3 * began.elapsed().as_secs() as usize;
    assert!(server.seen() <= allowed, "{} calls, {allowed} allowed", server.seen());
    assert_eq!(server.seen(), REQUESTS + upstream.state().retries as usize);
    assert!(upstream.state().retries >= 30, "{}", upstream.state().retries);
}

#[tokio::test]
async fn both_kinds_try_a_read_again_and_never_a_write() {
    for method in [Method::GET, Method::PUT, Method::POST] {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let away_at_first = any(move || {
            let calls = counted.fetch_add(1, Ordering::SeqCst);
            async move { if calls.is_multiple_of(2) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK } }
        });
        for upstream in both(Router::new().fallback(away_at_first)).await {
            let before = count.load(Ordering::SeqCst);
            let answered = send(&upstream, method.as_str(), &Bytes::new()).await.unwrap();
            let calls = count.load(Ordering::SeqCst) - before;
            let expected = if method == Method::POST { (503, 1) } else { (200, 2) };
            assert_eq!((answered.status().as_u16(), calls), expected, "{method}");
            count.store(0, Ordering::SeqCst);
        }
    }
}

#[tokio::test]
async fn each_attempt_tells_what_is_left_of_the_deadline_where_it_is_to() {
    let server = Server::start(vec![status(503), ok()]).await;
    let terms = Terms::until(soon()).telling();
    server.upstream(retrying()).send(&Pool::new(), &mut request("GET", &Bytes::new()), terms).await.unwrap();
    let told: Vec<u64> = server
        .requests()
        .iter()
        .map(|request| request.split(&format!("{TIMEOUT}: ")).nth(1).unwrap().lines().next().unwrap().parse().unwrap())
        .collect();
    assert!(told.len() == 2 && told[1] < told[0] && told[0] <= 5_000 && told[1] >= 1, "{told:?}");
    send(&server.upstream(retrying()), "GET", &Bytes::new()).await.unwrap();
    assert!(!server.requests().last().unwrap().contains(TIMEOUT.as_str()));
}
