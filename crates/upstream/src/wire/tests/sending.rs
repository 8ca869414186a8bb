//! A request is written as it is, however little the kernel takes at once.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};
use http_body::{Body, Frame};
use proptest::prelude::*;
use tokio::io::AsyncWrite;

use crate::added::Added;
use crate::body::{BoxError, RequestBody};
use crate::wire::sending::{Sending, Stopped};

type Piece = Result<Frame<Bytes>, BoxError>;

/// A body of these frames, with a pause before each.
pub(crate) struct Frames {
    frames: std::vec::IntoIter<Piece>,
    pauses: bool,
}

impl Frames {
    pub(crate) fn of(frames: impl Iterator<Item = Piece>) -> Self {
        Self { frames: frames.collect::<Vec<_>>().into_iter(), pauses: false }
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Piece>> {
        self.pauses = !self.pauses;
        if self.pauses { Poll::Pending } else { Poll::Ready(self.frames.next()) }
    }
}

/// Takes so many bytes with each call, in turns; nothing where that is 0.
struct Kernel {
    takes: Vec<usize>,
    turn: usize,
    taken: Vec<u8>,
    most: usize,
}

impl AsyncWrite for Kernel {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let take = self.takes[self.turn % self.takes.len()].min(bytes.len());
        self.turn += 1;
        if take == 0 {
            return Poll::Pending;
        }
        if self.taken.len() + take > self.most {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        self.taken.extend_from_slice(&bytes[..take]);
        Poll::Ready(Ok(take))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write(context, &pieces.iter().flat_map(|piece| piece.iter().copied()).collect::<Vec<u8>>())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What the kernel has taken of a request, and how writing it ended.
fn sent(mut request: Request<RequestBody>, takes: &[usize], most: usize) -> (String, Result<Sending, Stopped>) {
    let host = HeaderValue::from_static("h");
    let mut kernel = Kernel { takes: [takes, &[1]].concat(), turn: 0, taken: Vec::new(), most };
    let mut sending = Sending::new(&mut request, (&host, Added::default()), Vec::new());
    let mut context = Context::from_waker(Waker::noop());
    let ended = (0..1_000_000).find_map(|_| match sending.poll(&mut context, &mut kernel) {
        Poll::Pending => None,
        Poll::Ready(ended) => Some(ended),
    });
    let outcome = ended.unwrap().map(|()| sending);
    (String::from_utf8_lossy(&kernel.taken).into_owned(), outcome)
}

fn post(length: Option<usize>, frames: Vec<Piece>) -> Request<RequestBody> {
    let mut request = Request::post("/").body(RequestBody::stream(Frames::of(frames.into_iter()))).unwrap();
    if let Some(length) = length {
        request.headers_mut().insert("content-length", length.into());
    }
    request
}

fn data(text: &str) -> Piece {
    Ok(Frame::data(Bytes::copy_from_slice(text.as_bytes())))
}

proptest! {
    #[test]
    fn every_byte_is_written_once_and_in_order(
        texts in proptest::collection::vec("[a-z]{0,30}", 0..6),
        takes in proptest::collection::vec(0..40_usize, 0..8),
    ) {
        let joined = texts.concat();
        let frames = || texts.iter().map(|text| data(text)).collect();
        let head = format!("POST / HTTP/1.1\r\ncontent-length: {}\r\nhost: h\r\n\r\n", joined.len());
        if !joined.is_empty() {
            let (written, ended) = sent(post(Some(joined.len()), frames()), &takes, usize::MAX);
            prop_assert_eq!(written, format!("{head}{joined}"));
            prop_assert!(ended.unwrap().keeps());
        }
        let chunks: String =
            texts.iter().filter(|text| !text.is_empty()).map(|text| format!("{:x}\r\n{text}\r\n", text.len())).collect();
        let (written, ended) = sent(post(None, frames()), &takes, usize::MAX);
        let head = "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n";
        prop_assert_eq!(written, format!("{head}{chunks}0\r\n\r\n"));
        prop_assert!(ended.unwrap().keeps());
    }

    #[test]
    fn a_body_in_memory_follows_its_head(size in 0..40_000_usize, takes in proptest::collection::vec(1..9_000_usize, 1..8)) {
        let body = "x".repeat(size);
        let request = Request::put("/").body(RequestBody::from(Bytes::from(body.clone()))).unwrap();
        let (written, ended) = sent(request, &takes, usize::MAX);
        let length = if size == 0 { String::new() } else { format!("content-length: {size}\r\n") };
        prop_assert_eq!(written, format!("PUT / HTTP/1.1\r\nhost: h\r\n{length}\r\n{body}"));
        prop_assert!(ended.unwrap().is_complete());
    }
}

#[test]
fn a_body_that_is_not_as_long_as_its_head_says_is_never_complete() {
    for (length, frames) in [
        (5, vec![data("four")]),
        (5, vec![data("fo"), data("ur")]),
        (3, vec![data("four")]),
        (5, vec![data("fo"), data("ur"), data("!!")]),
        (4, vec![data("fo"), Err(BoxError::from("gone"))]),
        (4, vec![data("fo"), Ok(Frame::trailers(HeaderMap::new()))]),
        (4, vec![]),
    ] {
        let (written, ended) = sent(post(Some(length), frames), &[100], usize::MAX);
        assert_eq!(ended.unwrap_err(), Stopped::Body, "{written}");
        let body = written.split_once("\r\n\r\n").unwrap().1;
        assert!(body.len() < length || length == 3 && body.is_empty(), "{written}");
    }
}

#[test]
fn trailers_go_out_if_they_were_announced_and_may_come() {
    let fields = [("x-sum", "9"), ("x-other", "1"), ("content-length", "7"), ("authorization", "me")];
    let trailers = fields.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let frames = vec![data("hi"), Ok(Frame::trailers(HeaderMap::from_iter(trailers)))];
    let mut request = post(None, frames);
    request.headers_mut().insert("trailer", "X-Sum, content-length, authorization".parse().unwrap());
    let (written, ended) = sent(request, &[100], usize::MAX);
    assert!(written.ends_with("2\r\nhi\r\n0\r\nx-sum: 9\r\n\r\n") && ended.is_ok(), "{written}");
}

#[test]
fn a_connection_that_takes_nothing_leaves_the_request_whole() {
    let host = HeaderValue::from_static("h");
    for (most, has_begun) in [(0, false), (1, true)] {
        let mut request = post(Some(4), vec![data("four")]);
        let mut kernel = Kernel { takes: vec![1], turn: 0, taken: Vec::new(), most };
        let mut sending = Sending::new(&mut request, (&host, Added::default()), Vec::new());
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(sending.poll(&mut context, &mut kernel), Poll::Ready(Err(Stopped::Connection)));
        assert_eq!(sending.has_begun(), has_begun);
        assert!(!sending.restore(&mut request), "the body was asked for its first piece");
    }
    let mut request = post(Some(4), vec![data("four")]);
    let mut sending = Sending::new(&mut request, (&host, Added::default()), Vec::new());
    assert!(matches!(request.body(), RequestBody::Empty));
    assert!(sending.restore(&mut request) && matches!(request.body(), RequestBody::Stream(_)));
}

#[test]
fn a_request_that_asks_for_the_end_of_the_connection_gets_it() {
    let request = Request::get("/").header("connection", "te, Close").body(RequestBody::Empty).unwrap();
    let ended = sent(request, &[100], usize::MAX).1.unwrap();
    assert!(ended.is_complete() && !ended.keeps());
}
