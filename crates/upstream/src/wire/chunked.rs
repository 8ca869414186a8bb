//! The chunked transfer coding, as it is read (RFC 9112, section 7.1).
//!
//! It takes every byte that it is given, so it never reads one twice, and it is the same wherever the bytes are cut.

use bytes::{Buf as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::framing::Step;
use super::head::FIELDS;
use super::malformed::Malformed;

/// The digits of a size: what has more is either more than there is, or zeros that mean nothing.
const SIZE_DIGITS: u32 = 16;

/// Bytes of chunk extensions and of spaces, in all of a body. Nobody reads them.
const EXTENSIONS: u32 = 16 * 1024;

/// Bytes of all trailers of a body.
const TRAILERS: usize = 16 * 1024;

/// How far a chunked body has come.
#[derive(Debug, Default)]
pub(crate) struct Chunked {
    state: State,
    /// The size of the chunk that is being read, or what is left of it.
    left: u64,
    extensions: u32,
    /// The lines of the trailers, with their ends.
    trailers: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Start,
    Size(u32),
    Spaces,
    Extension,
    SizeEnd,
    Data,
    DataCr,
    DataLf,
    /// At the beginning of a line after the last chunk.
    Line,
    Trailer,
    TrailerLf,
    LastLf,
    End,
}

impl Chunked {
    pub(crate) fn is_end(&self) -> bool {
        self.state == State::End
    }

    /// Takes what there is of `input`, up to the next piece of data or the end.
    ///
    /// # Errors
    ///
    /// [`Malformed`] where a size, an end of a line or a trailer is none, or something is longer than it may be.
    pub(crate) fn step(&mut self, input: &mut BytesMut) -> Result<Step, Malformed> {
        let mut taken = 0;
        while self.state != State::Data && !self.is_end() {
            let Some(&byte) = input.get(taken) else {
                input.advance(taken);
                return Ok(Step::More);
            };
            self.state = self.take(byte)?;
            taken += 1;
        }
        input.advance(taken);
        if self.state == State::Data {
            return Ok(self.data(input).map_or(Step::More, Step::Data));
        }
        if self.trailers.is_empty() {
            return Ok(Step::End);
        }
        parse_trailers(&std::mem::take(&mut self.trailers)).map(Step::Trailers)
    }

    fn data(&mut self, input: &mut BytesMut) -> Option<Bytes> {
        let length = usize::try_from(self.left).map_or(input.len(), |left| left.min(input.len()));
        if length == 0 {
            return None;
        }
        self.left -= length as u64;
        if self.left == 0 {
            self.state = State::DataCr;
        }
        Some(input.split_to(length).freeze())
    }

    /// What comes after `byte`.
    fn take(&mut self, byte: u8) -> Result<State, Malformed> {
        match (self.state, byte) {
            (State::Start, byte) => self.digit(byte, 0),
            (State::Size(digits), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => self.digit(byte, digits),
            (State::Size(_) | State::Spaces, b' ' | b'\t') => self.extended(State::Spaces),
            (State::Size(_) | State::Spaces, b';') => self.extended(State::Extension),
            (State::Size(_) | State::Spaces | State::Extension, b'\r') => Ok(State::SizeEnd),
            // A line feed alone would end the line for some readers, and not for others.
            (State::Extension, byte) if byte != b'\n' => self.extended(State::Extension),
            (State::SizeEnd, b'\n') => Ok(if self.left == 0 { State::Line } else { State::Data }),
            (State::DataCr, b'\r') => Ok(State::DataLf),
            (State::DataLf, b'\n') => Ok(State::Start),
            (State::Line, b'\r') => Ok(State::LastLf),
            (State::LastLf, b'\n') => Ok(State::End),
            (State::Line | State::Trailer, byte) => self.trailer(byte),
            (State::TrailerLf, b'\n') => self.trailer(byte).map(|_| State::Line),
            (State::TrailerLf | State::LastLf, _) => Err(Malformed::Trailers),
            (_, _) => Err(Malformed::Chunk),
        }
    }

    fn digit(&mut self, byte: u8, digits: u32) -> Result<State, Malformed> {
        let value = char::from(byte).to_digit(16).ok_or(Malformed::Chunk)?;
        if digits == SIZE_DIGITS {
            return Err(Malformed::Chunk);
        }
        // Sixteen digits are what a u64 holds; before the first there is nothing left of the chunk before.
        self.left = self.left << 4 | u64::from(value);
        Ok(State::Size(digits + 1))
    }

    fn extended(&mut self, state: State) -> Result<State, Malformed> {
        self.extensions += 1;
        if self.extensions > EXTENSIONS { Err(Malformed::Extensions) } else { Ok(state) }
    }

    fn trailer(&mut self, byte: u8) -> Result<State, Malformed> {
        if self.trailers.len() == TRAILERS || (byte == b'\n' && self.state != State::TrailerLf) {
            return Err(Malformed::Trailers);
        }
        self.trailers.push(byte);
        Ok(if byte == b'\r' { State::TrailerLf } else { State::Trailer })
    }
}

fn parse_trailers(lines: &[u8]) -> Result<HeaderMap, Malformed> {
    let mut slots = [httparse::EMPTY_HEADER; FIELDS];
    // The parser wants the empty line that was not kept.
    let whole = [lines, b"\r\n"].concat();
    let Ok(httparse::Status::Complete((length, fields))) = httparse::parse_headers(&whole, &mut slots) else {
        return Err(Malformed::Trailers);
    };
    if length != whole.len() {
        return Err(Malformed::Trailers);
    }
    let mut trailers = HeaderMap::with_capacity(fields.len());
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| Malformed::Trailers)?;
        let value = HeaderValue::from_bytes(field.value).map_err(|_| Malformed::Trailers)?;
        trailers.append(name, value);
    }
    Ok(trailers)
}
