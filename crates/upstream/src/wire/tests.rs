//! Parsing, framing and writing without a network: each rule, wherever the bytes are cut.
#![allow(clippy::unwrap_used, clippy::panic)]

mod chunks;
mod cuts;
mod heads;
mod requests;
mod sending;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};

use super::framing::Step;
use super::head::{self, Found};
use super::malformed::{Cut, Malformed};

/// All that was read of an answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Read {
    status: StatusCode,
    headers: HeaderMap,
    keeps: bool,
    body: Vec<u8>,
    trailers: Option<HeaderMap>,
    /// What came behind it.
    rest: Bytes,
}

/// How reading ended.
#[derive(Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "there is one of them in a test")]
pub(crate) enum Outcome {
    Answer(Read),
    Malformed(Malformed),
    /// The stream ended before the answer did.
    Incomplete,
}

/// Reads one answer from `pieces`, after which the stream ends.
pub(crate) fn read<'a>(method: &Method, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut pieces = pieces.into_iter();
    let mut input = BytesMut::new();
    // Whatever it reads, it takes a byte with each step or asks for more.
    let mut more = |input: &mut BytesMut| pieces.next().map(|piece| input.extend_from_slice(piece)).is_some();
    let head = loop {
        let found = if input.is_empty() {
            Found::Part
        } else {
            match head::take(&mut input, method, HeaderMap::with_capacity) {
                Ok(found) => found,
                Err(malformed) => return Outcome::Malformed(malformed),
            }
        };
        match found {
            Found::Head(head) => break head,
            Found::Interim => {}
            Found::Part if more(&mut input) => {}
            Found::Part => return Outcome::Incomplete,
        }
    };
    let (mut framing, mut body, mut trailers) = (head.framing, Vec::new(), None);
    while !framing.is_end() {
        match framing.step(&mut input) {
            Ok(Step::Data(data)) => {
                assert!(!data.is_empty());
                body.extend_from_slice(&data);
            }
            Ok(Step::Trailers(map)) => trailers = Some(map),
            Ok(Step::End) => assert!(framing.is_end()),
            Ok(Step::More) if more(&mut input) => {}
            Ok(Step::More) => match framing.closed() {
                Ok(()) => {}
                Err(Cut::Incomplete) => return Outcome::Incomplete,
                Err(cut) => panic!("{cut}"),
            },
            Err(malformed) => return Outcome::Malformed(malformed),
        }
    }
    while more(&mut input) {}
    let (status, headers, keeps) = (head.status, head.headers, head.keeps);
    Outcome::Answer(Read { status, headers, keeps, body, trailers, rest: input.freeze() })
}

/// Reads one answer to GET that comes in one piece.
pub(crate) fn get(bytes: impl AsRef<[u8]>) -> Outcome {
    read(&Method::GET, [bytes.as_ref()])
}
