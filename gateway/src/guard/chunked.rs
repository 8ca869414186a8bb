//! Where a chunked body ends (RFC 9112, section 7.1), and whether its lines are exact.
//!
//! hyper decodes the body; this only follows it, so that the next head on the connection is found where hyper will
//! find it, and a line that another server could read differently is refused.

use super::Refusal;

/// A chunk-size line or the trailers may hold at most so many bytes.
const LINE_LIMIT: u32 = 4 * 1024;

/// Follows one chunked body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunked {
    state: State,
    remaining: u64,
    line: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the start of a size line.
    SizeStart,
    Size,
    Extension,
    SizeLineFeed,
    Data,
    DataReturn,
    DataLineFeed,
    TrailerStart,
    Trailer,
    TrailerLineFeed,
    EndLineFeed,
    Done,
}

impl Chunked {
    pub(crate) fn new() -> Self {
        Self { state: State::SizeStart, remaining: 0, line: 0 }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Follows `bytes`; answers how many of them belong to the body.
    pub(crate) fn follow(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at).copied() {
            if self.state == State::Done {
                break;
            }
            if self.state == State::Data {
                let taken = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(bytes.len() - at);
                self.remaining -= taken as u64;
                at += taken;
                if self.remaining == 0 {
                    self.state = State::DataReturn;
                }
                continue;
            }
            self.step(byte)?;
            at += 1;
        }
        Ok(at)
    }

    fn step(&mut self, byte: u8) -> Result<(), Refusal> {
        self.line += 1;
        if self.line > LINE_LIMIT {
            return Err(Refusal::Chunk);
        }
        self.state = match (self.state, byte) {
            (State::SizeStart | State::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => self.digit(byte)?,
            (State::Size, b';' | b' ' | b'\t') => State::Extension,
            (State::Size | State::Extension, b'\r') => State::SizeLineFeed,
            (State::Extension, byte) if byte != b'\n' && byte != 0 => State::Extension,
            (State::SizeLineFeed, b'\n') => self.chunk(),
            (State::DataReturn, b'\r') => State::DataLineFeed,
            (State::DataLineFeed, b'\n') => {
                self.line = 0;
                State::SizeStart
            }
            (State::TrailerStart, b'\r') => State::EndLineFeed,
            (State::Trailer, b'\r') => State::TrailerLineFeed,
            (State::TrailerStart, b' ' | b'\t' | b'\n' | 0) => return Err(Refusal::Chunk),
            (State::TrailerStart | State::Trailer, byte) if byte != b'\n' && byte != 0 => State::Trailer,
            (State::TrailerLineFeed, b'\n') => State::TrailerStart,
            (State::EndLineFeed, b'\n') => State::Done,
            _ => return Err(Refusal::Chunk),
        };
        Ok(())
    }

    fn digit(&mut self, byte: u8) -> Result<State, Refusal> {
        let value = u64::from(char::from(byte).to_digit(16).ok_or(Refusal::Chunk)?);
        let shifted = self.remaining.checked_mul(16).ok_or(Refusal::Chunk)?;
        self.remaining = shifted.checked_add(value).ok_or(Refusal::Chunk)?;
        Ok(State::Size)
    }

    fn chunk(&mut self) -> State {
        self.line = 0;
        if self.remaining == 0 { State::TrailerStart } else { State::Data }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_end_of_the_body_is_found() {
        let body = b"5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\nGET / HTTP/1.1";
        let mut chunked = Chunked::new();
        assert_eq!(chunked.follow(body), Ok(body.len() - b"GET / HTTP/1.1".len()));
        assert!(chunked.is_done());
    }

    #[test]
    fn inexact_lines_are_refused() {
        for body in
            ["5\nhello\r\n0\r\n\r\n", "\r\n", "5\r\nhello0\r\n\r\n", "x\r\n", "11111111111111111\r\n", "0\r\n\n"]
        {
            assert_eq!(Chunked::new().follow(body.as_bytes()), Err(Refusal::Chunk), "{body:?}");
        }
    }

    proptest! {
        #[test]
        fn splitting_the_bytes_changes_nothing(chunks in proptest::collection::vec("[a-z\r\n]{1,40}", 0..6), cut in 1_usize..20) {
            let mut body: String = chunks.iter().map(|chunk| format!("{:x}\r\n{chunk}\r\n", chunk.len())).collect();
            body.push_str("0\r\n\r\n");
            let mut chunked = Chunked::new();
            for part in body.as_bytes().chunks(cut) {
                prop_assert_eq!(chunked.follow(part), Ok(part.len()));
            }
            prop_assert!(chunked.is_done());
        }
    }
}
