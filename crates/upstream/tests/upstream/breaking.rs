//! What opens the breaker of a target, what does not, and how it closes again.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::any;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body::Frame;
use http_body_util::BodyExt as _;
use upstream::{Answer, BoxError, BreakerState, Failure, Policy, Pool, RequestBody, Terms, Upstream};

use crate::server::{Does, Server, ok, status};
use crate::{both, soon};

/// Without retries, so that every call counts once.
fn once() -> Policy {
    Policy { retries: false, ..Policy::default() }
}

fn get() -> Request<RequestBody> {
    Request::new(RequestBody::Empty)
}

async fn call(upstream: &Upstream) -> Result<Answer, Failure> {
    upstream.send(&Pool::new(), &mut get(), Terms::until(soon()).collecting(1024)).await
}

fn state(upstream: &Upstream) -> BreakerState {
    upstream.state().targets[0].breaker
}

/// Calls until the breaker is open, at most so often; how many calls it took.
async fn calls_until_open(upstream: &Upstream, most: usize, deadline: Duration) -> Option<usize> {
    for calls in 1..=most {
        let terms = Terms::until(Instant::now() + deadline).collecting(1024);
        let _outcome = upstream.send(&Pool::new(), &mut get(), terms).await;
        if state(upstream) == BreakerState::Open {
            return Some(calls);
        }
    }
    None
}

#[tokio::test]
async fn a_call_that_had_less_than_half_of_its_time_says_nothing_when_it_is_late() {
    let server = Server::start(vec![Does::Hangs]).await;
    let upstream = server.upstream(once());
    for (usual, opens) in [(600, false), (200, true)] {
        for _ in 0..5 {
            let terms = Terms::until(Instant::now() + Duration::from_millis(200)).usually(Duration::from_millis(usual));
            let failed = upstream.send(&Pool::new(), &mut get(), terms).await.unwrap_err();
            assert_eq!(failed, Failure::ResponseTimeout);
        }
        assert_eq!(state(&upstream) == BreakerState::Open, opens, "{usual}");
    }
}

#[tokio::test]
async fn five_calls_in_a_row_without_an_answer_open_it() {
    let half_head = Does::AnswersAndCloses("HTTP/1.1 200 OK\r\ncontent-le".to_owned());
    for does in [Does::Resets(1), Does::Closes, half_head, Does::Hangs] {
        let server = Server::start(vec![does.clone()]).await;
        let deadline = Duration::from_millis(if does == Does::Hangs { 30 } else { 5_000 });
        assert_eq!(calls_until_open(&server.upstream(once()), 40, deadline).await, Some(5), "{does:?}");
    }
    let server = Server::start(vec![ok()]).await;
    server.kill();
    assert_eq!(calls_until_open(&server.upstream(once()), 40, Duration::from_secs(5)).await, Some(5));
    let nowhere = Upstream::remote("stub", &["http://does-not-exist.invalid:80".parse().unwrap()]).unwrap();
    assert_eq!(calls_until_open(&nowhere.with_policy(once()), 40, Duration::from_secs(5)).await, Some(5));
}

#[tokio::test]
async fn answers_that_show_that_it_does_not_work_open_it_when_they_are_half_of_twenty() {
    let cut = Does::AnswersAndCloses("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort".to_owned());
    let garbage = Does::AnswersAndCloses("SSH-2.0-nonsense\r\n\r\n".to_owned());
    for does in [500, 502, 503, 504].map(status).into_iter().chain([cut, garbage]) {
        let server = Server::start(vec![does.clone()]).await;
        assert_eq!(calls_until_open(&server.upstream(once()), 40, Duration::from_secs(5)).await, Some(20), "{does:?}");
    }
    let stall = Does::AnswersAndHangs("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort".to_owned());
    let server = Server::start(vec![stall]).await;
    assert_eq!(calls_until_open(&server.upstream(once()), 40, Duration::from_millis(30)).await, Some(20));
}

#[tokio::test]
async fn other_answers_do_not_open_it() {
    for does in [200, 302, 400, 401, 404, 409, 429, 501].map(status) {
        let server = Server::start(vec![does.clone()]).await;
        assert_eq!(calls_until_open(&server.upstream(once()), 40, Duration::from_secs(5)).await, None, "{does:?}");
    }
}

#[tokio::test]
async fn answers_that_are_excused_do_not_open_it() {
    for does in [500, 502, 503, 504].map(status) {
        let server = Server::start(vec![does.clone()]).await;
        let upstream = server.upstream(once());
        for _ in 0..40 {
            let answered =
                upstream.send(&Pool::new(), &mut get(), Terms::until(soon()).collecting(1024).excusing()).await;
            assert!(answered.is_ok_and(|answer| answer.status().is_server_error()), "{does:?}");
        }
        assert_eq!((state(&upstream), server.seen()), (BreakerState::Closed, 40), "{does:?}");
    }
}

#[tokio::test]
async fn calls_that_are_cancelled_do_not_open_it() {
    let server = Server::start(vec![Does::Hangs]).await;
    let upstream = server.upstream(once());
    for seen in 1..=30 {
        let waiting = upstream.clone();
        let waiting = tokio::spawn(async move { call(&waiting).await.is_ok() });
        while server.seen() < seen {
            tokio::task::yield_now().await;
        }
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
    }
    assert_eq!(state(&upstream), BreakerState::Closed);
    assert_eq!(upstream.state().in_flight, 0);
}

#[tokio::test]
async fn both_kinds_are_left_alone_and_found_again() {
    let healthy = Router::new().fallback(any(|| async { "here" }));
    for upstream in both(healthy).await {
        let upstream = upstream.with_policy(once());
        upstream.sever(true);
        assert_eq!(calls_until_open(&upstream, 40, Duration::from_secs(5)).await, Some(5));
        assert!(matches!(call(&upstream).await, Err(Failure::CircuitOpen(wait)) if wait <= Duration::from_secs(5)));
        upstream.sever(false);
        assert_eq!(call(&upstream).await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_service_that_hung_is_called_again_once_it_is_back_by_one_probe_at_a_time() {
    let server = Server::start(vec![Does::Hangs]).await;
    let upstream = server.upstream(Policy { breaker_pause: Duration::from_millis(500), ..once() });
    assert_eq!(calls_until_open(&upstream, 5, Duration::from_millis(30)).await, Some(5));
    assert!(matches!(call(&upstream).await, Err(Failure::CircuitOpen(_))));
    assert_eq!(server.seen(), 5, "an open breaker makes no call");
    // The first probe hangs, so no other call is made meanwhile.
    let probing = upstream.clone();
    let probe = tokio::spawn(async move {
        loop {
            let terms = Terms::until(Instant::now() + Duration::from_secs(30));
            match probing.send(&Pool::new(), &mut get(), terms).await {
                Err(Failure::CircuitOpen(_)) => tokio::task::yield_now().await,
                other => break other.is_ok(),
            }
        }
    });
    while server.seen() < 6 {
        tokio::task::yield_now().await;
    }
    assert_eq!(state(&upstream), BreakerState::Probing);
    assert!(matches!(call(&upstream).await, Err(Failure::CircuitOpen(_))));
    // The probe is given up, the service is back: two good calls close the breaker.
    probe.abort();
    let _cancelled = probe.await;
    server.set(ok());
    for expected in [BreakerState::Probing, BreakerState::Closed] {
        call(&upstream).await.unwrap();
        assert_eq!(state(&upstream), expected);
    }
    assert_eq!(server.seen(), 8);
}

/// A body of which nothing more ever comes.
struct Endless;

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn an_upload_that_never_ends_keeps_no_service_from_being_called_again() {
    let server = Server::start(vec![Does::Hangs]).await;
    let upstream = server.upstream(Policy { breaker_pause: Duration::from_millis(50), ..once() });
    assert_eq!(calls_until_open(&upstream, 5, Duration::from_millis(30)).await, Some(5));
    server.set(ok());
    let trickling = upstream.clone();
    let upload = tokio::spawn(async move {
        loop {
            let body = RequestBody::stream(Endless);
            let mut request = Request::post("/").header("content-length", "100").body(body).unwrap();
            let terms = Terms::after_upload(std::future::pending(), Duration::from_secs(5));
            match trickling.send(&Pool::new(), &mut request, terms).await {
                Err(Failure::CircuitOpen(_)) => tokio::task::yield_now().await,
                other => break other.is_ok(),
            }
        }
    });
    while server.seen() < 6 {
        tokio::task::yield_now().await;
    }
    assert_eq!(state(&upstream), BreakerState::Probing);
    for expected in [BreakerState::Probing, BreakerState::Closed] {
        call(&upstream).await.unwrap();
        assert_eq!(state(&upstream), expected);
    }
    assert!(!upload.is_finished());
    upload.abort();
}

#[tokio::test]
async fn a_body_that_breaks_after_its_head_was_handed_on_counts() {
    let large = format!("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{}", "x".repeat(5_000));
    let server = Server::start(vec![Does::AnswersAndCloses(large)]).await;
    let upstream = server.upstream(once());
    for _ in 0..20 {
        let response = call(&upstream).await.unwrap();
        assert!(response.into_body().collect().await.is_err());
    }
    assert_eq!(state(&upstream), BreakerState::Open);
}

#[tokio::test]
async fn a_body_that_stalls_after_its_head_was_handed_on_counts_when_it_is_given_up_for_that() {
    for (idle, counts) in [(Duration::ZERO, true), (Duration::from_secs(60), false)] {
        let some = "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nsome".to_owned();
        let server = Server::start(vec![Does::AnswersAndHangs(some)]).await;
        let upstream = server.upstream(Policy { body_idle: idle, ..once() });
        for _ in 0..20 {
            let mut body = call(&upstream).await.unwrap().into_body();
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "some");
            let more = tokio::time::timeout(Duration::from_millis(5), body.frame()).await;
            assert!(more.is_err(), "nothing more comes");
        }
        assert_eq!(state(&upstream) == BreakerState::Open, counts, "{idle:?}");
    }
}

/// A body in pieces, of which one may be that it breaks off.
struct Pieces(std::vec::IntoIter<Result<Frame<Bytes>, BoxError>>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(self.0.next())
    }
}

#[tokio::test]
async fn the_upload_of_a_client_that_breaks_off_counts_for_nothing() {
    let server = Server::start(vec![ok()]).await;
    let upstream = server.upstream(once());
    for _ in 0..30 {
        let pieces = vec![Ok(Frame::data(Bytes::from("some"))), Err(BoxError::from("gone"))];
        let body = Pieces(pieces.into_iter());
        let mut request = Request::post("/").header("content-length", "100").body(RequestBody::stream(body)).unwrap();
        let failed = upstream.send(&Pool::new(), &mut request, Terms::until(soon())).await.unwrap_err();
        assert_eq!(failed, Failure::RequestBody);
    }
    assert_eq!(state(&upstream), BreakerState::Closed);
}

#[tokio::test]
async fn an_upload_that_is_not_answered_after_its_end_counts() {
    let server = Server::start(vec![Does::Hangs]).await;
    let upstream = server.upstream(once());
    for _ in 0..5 {
        let body = http_body_util::Full::new(Bytes::from("some")).map_err(|never| match never {});
        let mut request = Request::post("/").header("content-length", "4").body(RequestBody::stream(body)).unwrap();
        let terms = Terms::after_upload(std::future::ready(()), Duration::from_millis(30));
        assert_eq!(upstream.send(&Pool::new(), &mut request, terms).await.unwrap_err(), Failure::ResponseTimeout);
    }
    assert_eq!(state(&upstream), BreakerState::Open);
}
