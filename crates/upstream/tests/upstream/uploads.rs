//! Requests with bodies, and answers that do not wait for them.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body::Frame;
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;
use upstream::{Answer, BoxError, Failure, Policy, Pool, RequestBody, Terms, Upstream};

use crate::line::{HEAD, Line, Step, says};
use crate::server::{Server, ok};
use crate::soon;

const EARLY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nearly";

type Piece = Result<Frame<Bytes>, BoxError>;

/// A body that gets its pieces from a channel and ends with it.
struct Channel(mpsc::UnboundedReceiver<Piece>);

impl http_body::Body for Channel {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Piece>> {
        self.0.poll_recv(context)
    }
}

fn channel() -> (mpsc::UnboundedSender<Piece>, RequestBody) {
    let (pieces, body) = mpsc::unbounded_channel();
    (pieces, RequestBody::stream(Channel(body)))
}

fn data(text: &'static str) -> Piece {
    Ok(Frame::data(Bytes::from_static(text.as_bytes())))
}

async fn post(upstream: &Upstream, pool: &Pool, length: Option<u64>, body: RequestBody) -> Result<Answer, Failure> {
    let mut request = Request::post("/").header("trailer", "x-sum").body(body).unwrap();
    if let Some(length) = length {
        request.headers_mut().insert("content-length", length.into());
    }
    upstream.send(pool, &mut request, Terms::until(soon())).await
}

async fn text(response: Answer) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn a_body_streams_with_its_length_or_in_chunks_with_its_trailers() {
    let answer = says("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    for (length, end) in [(Some(10), "hellothere"), (None, "5\r\nhello\r\n5\r\nthere\r\n0\r\nx-sum: 9\r\n\r\n")] {
        let mut line = Line::start(vec![Step::Until(end), answer.clone()]).await;
        let (pieces, body) = channel();
        pieces.send(data("hello")).unwrap();
        pieces.send(data("there")).unwrap();
        if length.is_none() {
            let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), "9".parse().unwrap())]);
            pieces.send(Ok(Frame::trailers(trailers))).unwrap();
        }
        let pool = Pool::new();
        assert_eq!(text(post(&line.upstream, &pool, length, body).await.unwrap()).await, "ok");
        assert!(line.ended.recv().await.unwrap().ends_with(end));
        assert_eq!(line.connections(), 1);
    }
}

#[tokio::test]
async fn an_answer_that_comes_before_the_end_of_an_upload_is_handed_on_and_the_upload_goes_on() {
    let script = vec![Step::Until("hello\r\n"), says(EARLY), Step::Until("there\r\n0\r\n\r\n")];
    let mut line = Line::start(script).await;
    let (pieces, body) = channel();
    pieces.send(data("hello")).unwrap();
    let pool = Pool::new();
    let response = post(&line.upstream, &pool, None, body).await.unwrap();
    assert_eq!(text(response).await, "early");
    assert_eq!(pool.idle(), 0);
    pieces.send(data("there")).unwrap();
    drop(pieces);
    assert!(line.ended.recv().await.unwrap().ends_with("there\r\n0\r\n\r\n"));
    assert_eq!(pool.idle(), 0, "it was answered before it was known where the request ends");
}

#[tokio::test]
async fn an_upload_and_its_answer_can_go_on_side_by_side() {
    let chunk = |text: &str| says(&format!("{:x}\r\n{text}\r\n", text.len()));
    let script = vec![
        Step::Until("one\r\n"),
        says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"),
        chunk("ONE"),
        Step::Until("two\r\n"),
        chunk("TWO"),
        Step::Until("0\r\n\r\n"),
        says("0\r\n\r\n"),
    ];
    let line = Line::start(script).await;
    let (pieces, body) = channel();
    pieces.send(data("one")).unwrap();
    let mut answer = post(&line.upstream, &Pool::new(), None, body).await.unwrap().into_body();
    let mut next = async || answer.frame().await.map(|frame| frame.unwrap().into_data().unwrap());
    assert_eq!(next().await.unwrap(), "ONE");
    pieces.send(data("two")).unwrap();
    assert_eq!(next().await.unwrap(), "TWO");
    drop(pieces);
    assert_eq!(next().await, None);
}

#[tokio::test]
async fn an_upload_ends_with_an_answer_that_is_given_up() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nsome";
    let mut line = Line::start(vec![Step::Until("hello\r\n"), says(head), Step::Drains]).await;
    let (pieces, body) = channel();
    pieces.send(data("hello")).unwrap();
    let response = post(&line.upstream, &Pool::new(), None, body).await.unwrap();
    drop(response);
    assert!(!line.ended.recv().await.unwrap().ends_with("0\r\n\r\n"));
    pieces.closed().await;
}

#[tokio::test]
async fn a_server_that_answers_and_closes_without_reading_an_upload_is_heard() {
    for size in [1_000, 20_000_000] {
        let line = Line::start(vec![HEAD, says(EARLY), Step::Until("xx")]).await;
        let body = RequestBody::from(Bytes::from(vec![b'x'; size]));
        let pool = Pool::new();
        assert_eq!(text(post(&line.upstream, &pool, None, body).await.unwrap()).await, "early", "{size}");
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_or_lies_about_its_length_is_never_complete() {
    let frames: [(Option<u64>, Vec<Piece>); 4] = [
        (None, vec![data("hello"), Err(BoxError::from("gone"))]),
        (Some(9), vec![data("hello")]),
        (Some(9), vec![data("hello"), data("there")]),
        (Some(9), vec![data("hello"), Err(BoxError::from("gone"))]),
    ];
    for (length, frames) in frames {
        let mut line = Line::start(vec![Step::Drains]).await;
        let (pieces, body) = channel();
        frames.into_iter().for_each(|frame| pieces.send(frame).unwrap());
        drop(pieces);
        let pool = Pool::new();
        assert_eq!(post(&line.upstream, &pool, length, body).await.unwrap_err(), Failure::RequestBody);
        let came = line.ended.recv().await.unwrap();
        assert!(came.ends_with(if length.is_none() { "5\r\nhello\r\n" } else { "hello" }), "{came}");
        assert_eq!(pool.idle(), 0);
    }
}

#[tokio::test]
async fn nobody_switches_protocols_in_the_middle_of_an_upload() {
    let switch = "HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\n\r\n";
    let line = Line::start(vec![Step::Until("hello\r\n"), says(switch), Step::Drains]).await;
    let (pieces, body) = channel();
    pieces.send(data("hello")).unwrap();
    let failed = post(&line.upstream, &Pool::new(), None, body).await.unwrap_err();
    assert_eq!(failed, Failure::ProtocolError);
}

#[tokio::test]
async fn a_call_whose_upload_its_server_does_not_take_has_its_deadline() {
    // The kernel takes some megabytes; the server reads nothing.
    let line = Line::start(vec![HEAD, Step::Waits]).await;
    let interim = Line::start(vec![HEAD, says("HTTP/1.1 100 Continue\r\n\r\n"), Step::Waits]).await;
    for upstream in [&line.upstream, &interim.upstream] {
        let mut request = Request::post("/").body(RequestBody::from(Bytes::from(vec![b'x'; 50_000_000]))).unwrap();
        let terms = Terms::until(std::time::Instant::now() + Duration::from_millis(100));
        assert_eq!(upstream.send(&Pool::new(), &mut request, terms).await.unwrap_err(), Failure::ResponseTimeout);
    }
}

#[tokio::test]
async fn an_upload_of_which_not_a_byte_was_sent_goes_to_another_target() {
    let (gone, well) = (Server::start(vec![ok()]).await, Server::start(vec![ok()]).await);
    gone.kill();
    let policy = Policy { breaker: false, ..Policy::default() };
    let upstream = Upstream::remote("stub", &[gone.url(), well.url()]).unwrap().with_policy(policy);
    for _ in 0..20 {
        let (pieces, body) = channel();
        pieces.send(data("hello")).unwrap();
        drop(pieces);
        let mut request = Request::post("/").body(body).unwrap();
        request.headers_mut().insert("content-length", 5.into());
        // The upload has ended already when the second attempt begins.
        let terms = Terms::after_upload(async {}, Duration::from_secs(5));
        let answer = upstream.send(&Pool::new(), &mut request, terms).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(well.seen(), 20);
    assert!(upstream.state().retries > 0);
    assert!(well.requests().iter().all(|request| request.ends_with("hello")));
}
