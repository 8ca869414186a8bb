//! Takes `multipart/form-data` (RFC 7578, RFC 2046) apart, however its bytes are split.
//!
//! A delimiter that is split between two chunks is remembered as how much of it has matched, so contents are always
//! slices of what came in.

use bytes::{Buf as _, Bytes, BytesMut};
use memchr::memmem::Finder;

use super::FormError;
use super::disposition::{HEAD_LIMIT, Head};

/// The most parts of a form.
pub(super) const PARTS_LIMIT: usize = 1000;

const LINE_END: usize = 2;

/// What is done with the parts.
pub(super) trait Parts {
    /// A part begins, behind this delimiter.
    fn part(&mut self, delimiter: Bytes, head: Head) -> Result<(), FormError>;
    /// A piece of the part's content, never empty.
    fn content(&mut self, piece: Bytes);
    /// The form ends, with this delimiter.
    fn close(&mut self, delimiter: Bytes);
}

/// A form that is being taken apart. What is before the first boundary and behind the last is left out, as RFC 2046 has it:
/// nobody downstream can find a part there.
#[derive(Debug)]
pub(super) struct Multipart {
    /// The end of the line before it, two dashes and the boundary.
    delimiter: Bytes,
    finder: Finder<'static>,
    state: State,
    /// How many bytes of a delimiter the last chunk ended with.
    matched: usize,
    /// How many of those belong to what is before: the line end of a head, or none at all at the start of the body.
    borrowed: usize,
    head: BytesMut,
    parts: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Before,
    Head,
    Content,
    Closed,
}

impl Multipart {
    pub(super) fn new(boundary: &[u8]) -> Self {
        let delimiter = Bytes::from([b"\r\n--", boundary].concat());
        let finder = Finder::new(&delimiter).into_owned();
        Self {
            delimiter,
            finder,
            state: State::Before,
            matched: LINE_END,
            borrowed: LINE_END,
            head: BytesMut::new(),
            parts: 0,
        }
    }

    /// Takes the next chunk.
    pub(super) fn push(&mut self, chunk: Bytes, parts: &mut impl Parts) -> Result<(), FormError> {
        let mut chunk = chunk;
        while !chunk.is_empty() {
            match self.state {
                State::Before => {
                    if self.find_delimiter(&mut chunk, |_| {}).is_some() {
                        self.state = State::Head;
                    }
                }
                State::Head => self.take_head(&mut chunk, parts)?,
                State::Content => match self.find_delimiter(&mut chunk, |piece| parts.content(piece)) {
                    // Right behind a head: to some that is the next part, to others content.
                    Some(borrowed) if borrowed > 0 => return Err(FormError::Delimiter),
                    Some(_) => self.state = State::Head,
                    None => {}
                },
                State::Closed => return Ok(()),
            }
        }
        Ok(())
    }

    /// Nothing more comes.
    pub(super) fn finish(&self) -> Result<(), FormError> {
        if self.state == State::Closed { Ok(()) } else { Err(FormError::Cut) }
    }

    /// Hands on what is before the next delimiter, and takes both off the chunk. If the delimiter was found whole, the
    /// answer is how much of it was borrowed.
    fn find_delimiter(&mut self, chunk: &mut Bytes, mut content: impl FnMut(Bytes)) -> Option<usize> {
        if self.matched > 0 {
            let rest = self.delimiter.get(self.matched..).unwrap_or_default();
            let common = rest.len().min(chunk.len());
            if rest.get(..common) == chunk.get(..common) {
                chunk.advance(common);
                self.matched += common;
                return (self.matched == self.delimiter.len()).then(|| self.found());
            }
            if self.matched > self.borrowed {
                content(self.delimiter.slice(self.borrowed..self.matched));
            }
            self.found();
        }
        if let Some(at) = self.finder.find(chunk) {
            if at > 0 {
                content(chunk.split_to(at));
            }
            chunk.advance(self.delimiter.len());
            return Some(0);
        }
        self.matched = self.begun_at_end_of(chunk);
        let piece = chunk.split_to(chunk.len() - self.matched);
        if !piece.is_empty() {
            content(piece);
        }
        chunk.clear();
        None
    }

    fn found(&mut self) -> usize {
        self.matched = 0;
        std::mem::take(&mut self.borrowed)
    }

    /// How many bytes of a delimiter the chunk ends with. A delimiter has one carriage return, its first byte.
    fn begun_at_end_of(&self, chunk: &[u8]) -> usize {
        let longest = chunk.len().min(self.delimiter.len() - 1);
        let end = chunk.get(chunk.len() - longest..).unwrap_or_default();
        let tail = memchr::memrchr(b'\r', end).and_then(|at| end.get(at..));
        tail.filter(|tail| self.delimiter.starts_with(tail)).map_or(0, <[u8]>::len)
    }

    /// Takes what is left of a boundary's line and the header fields behind it off the chunk.
    fn take_head(&mut self, chunk: &mut Bytes, parts: &mut impl Parts) -> Result<(), FormError> {
        if self.head.len() < 2 {
            let first = chunk.split_to(chunk.len().min(2 - self.head.len()));
            self.head.extend_from_slice(&first);
            if &*self.head == b"--" {
                self.state = State::Closed;
                parts.close(self.leading_delimiter());
                return Ok(());
            }
        }
        while !chunk.is_empty() {
            let line = memchr::memchr(b'\n', chunk).map_or(chunk.len(), |at| at + 1);
            if self.head.len() + line > HEAD_LIMIT {
                return Err(FormError::HeadTooLarge);
            }
            self.head.extend_from_slice(&chunk.split_to(line));
            if self.head.ends_with(b"\r\n\r\n") {
                return self.begin(parts);
            }
        }
        Ok(())
    }

    fn begin(&mut self, parts: &mut impl Parts) -> Result<(), FormError> {
        let delimiter = self.leading_delimiter();
        self.parts += 1;
        if self.parts > PARTS_LIMIT {
            return Err(FormError::TooManyFields);
        }
        let head = Head::read(self.head.split().freeze())?;
        (self.state, self.matched, self.borrowed) = (State::Content, LINE_END, LINE_END);
        parts.part(delimiter, head)
    }

    /// The delimiter before the part that begins; the first has no line to end.
    fn leading_delimiter(&self) -> Bytes {
        if self.parts == 0 { self.delimiter.slice(LINE_END..) } else { self.delimiter.clone() }
    }
}
