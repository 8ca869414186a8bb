//! Follows the raw bytes of a connection from message to message and releases only what has been checked.

use super::chunked::Chunked;
use super::head::{self, Framing};
use super::{HeadLimits, Refusal};

/// What a look at the bytes of a connection found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scanned {
    /// So many bytes, from the first on, may be given to hyper.
    pub(crate) released: usize,
    /// What follows them must not be.
    pub(crate) refusal: Option<Refusal>,
}

/// Where a connection stands.
#[derive(Debug)]
pub(crate) struct Scanner {
    limits: HeadLimits,
    state: State,
    /// How far the incomplete head was already searched for its end.
    searched: usize,
    /// The heads that were released.
    heads: u64,
    last: head::Last,
}

#[derive(Debug)]
enum State {
    /// In or before a head.
    Head,
    /// In a body of so many more bytes.
    Body(u64),
    Chunked(Chunked),
    /// Another protocol (a WebSocket): nothing is checked any more.
    Opaque,
}

impl Scanner {
    pub(crate) fn new(limits: HeadLimits) -> Self {
        Self { limits, state: State::Head, searched: 0, heads: 0, last: head::Last::default() }
    }

    /// From now on the bytes are another protocol's.
    pub(crate) fn stop(&mut self) {
        self.state = State::Opaque;
    }

    /// Whether the next byte belongs to a head.
    pub(crate) fn in_head(&self) -> bool {
        matches!(self.state, State::Head)
    }

    /// How many heads have been released.
    pub(crate) fn heads(&self) -> u64 {
        self.heads
    }

    /// Looks at `bytes`: what was not released by the last call, and what arrived since.
    pub(crate) fn scan(&mut self, bytes: &[u8]) -> Scanned {
        let mut released = 0;
        while let Some(rest) = bytes.get(released..).filter(|rest| !rest.is_empty()) {
            match self.advance(rest) {
                Ok(0) => break,
                Ok(taken) => released += taken,
                Err(refusal) => return Scanned { released, refusal: Some(refusal) },
            }
        }
        Scanned { released, refusal: None }
    }

    /// Takes one step through `rest`; zero bytes where more have to arrive first.
    fn advance(&mut self, rest: &[u8]) -> Result<usize, Refusal> {
        match &mut self.state {
            State::Head => self.head(rest),
            State::Body(remaining) => {
                let taken = usize::try_from(*remaining).unwrap_or(usize::MAX).min(rest.len());
                *remaining -= taken as u64;
                if *remaining == 0 {
                    self.state = State::Head;
                }
                Ok(taken)
            }
            State::Chunked(chunked) => {
                let taken = chunked.follow(rest)?;
                if chunked.is_done() {
                    self.state = State::Head;
                }
                Ok(taken)
            }
            State::Opaque => Ok(rest.len()),
        }
    }

    fn head(&mut self, rest: &[u8]) -> Result<usize, Refusal> {
        // An empty line before the request line is skipped (RFC 9112, section 2.2), as hyper does.
        if rest.starts_with(b"\r\n") {
            return Ok(2);
        }
        // A head that arrives in pieces is looked at again only when another line of it is complete.
        let seen = self.searched.min(rest.len());
        if seen > 0 && memchr::memchr(b'\n', rest.get(seen..).unwrap_or_default()).is_none() {
            return self.incomplete(rest);
        }
        match head::check(rest, self.limits, &mut self.last) {
            Ok(Some((end, framing))) if end <= self.limits.bytes => {
                self.searched = 0;
                self.heads += 1;
                self.state = match framing {
                    Framing::Length(0) => State::Head,
                    Framing::Length(length) => State::Body(length),
                    Framing::Chunked => State::Chunked(Chunked::new()),
                };
                Ok(end)
            }
            Ok(Some(_)) => Err(self.too_large(rest)),
            Ok(None) => self.incomplete(rest),
            Err(refusal) => Err(refusal),
        }
    }

    /// More of the head has to arrive, if there may be more.
    fn incomplete(&mut self, rest: &[u8]) -> Result<usize, Refusal> {
        self.searched = rest.len();
        if rest.len() > self.limits.bytes { Err(self.too_large(rest)) } else { Ok(0) }
    }

    /// A head without end is too large; if already its target is, that is the better answer.
    fn too_large(&self, rest: &[u8]) -> Refusal {
        let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        if line > self.limits.target { Refusal::TargetTooLong } else { Refusal::HeadTooLarge }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: HeadLimits = HeadLimits { bytes: 200, fields: 10, target: 80 };
    const GET: &str = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

    fn all_at_once(bytes: &str) -> Scanned {
        Scanner::new(LIMITS).scan(bytes.as_bytes())
    }

    #[test]
    fn pipelined_messages_are_released_whole() {
        let bytes = format!("{GET}POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc{GET}");
        assert_eq!(all_at_once(&bytes), Scanned { released: bytes.len(), refusal: None });
    }

    #[test]
    fn a_bad_second_message_does_not_hold_back_the_first() {
        let bytes = format!("{GET}GET / HTTP/1.1\nHost: x\r\n\r\n");
        assert_eq!(all_at_once(&bytes), Scanned { released: GET.len(), refusal: Some(Refusal::LineEnding) });
    }

    #[test]
    fn an_incomplete_head_is_held_back() {
        assert_eq!(all_at_once("GET /a HTTP/1.1\r\nHost: x\r\n"), Scanned { released: 0, refusal: None });
    }

    #[test]
    fn a_head_without_end_is_too_large() {
        let fields = format!("GET /a HTTP/1.1\r\nHost: x\r\nA: {}", "a".repeat(300));
        assert_eq!(all_at_once(&fields).refusal, Some(Refusal::HeadTooLarge));
        let target = format!("GET /{}", "a".repeat(300));
        assert_eq!(all_at_once(&target).refusal, Some(Refusal::TargetTooLong));
    }

    #[test]
    fn bare_line_feeds_end_a_head_and_are_refused() {
        assert_eq!(all_at_once("GET / HTTP/1.1\nHost: x\n\n").refusal, Some(Refusal::LineEnding));
    }

    #[test]
    fn what_is_remembered_of_a_client_is_not_printed() {
        let mut scanner = Scanner::new(LIMITS);
        assert_eq!(scanner.scan(b"GET /a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer abc\r\n\r\n").refusal, None);
        let (text, bytes) = (format!("{scanner:?}"), format!("{:?}", b"Bearer abc"));
        assert!(!text.contains("abc") && !text.contains(bytes.trim_matches(['[', ']'])), "{text}");
    }

    #[test]
    fn fields_that_are_longer_than_the_last_ones_or_begin_like_them_are_looked_at() {
        let mut scanner = Scanner::new(LIMITS);
        let fields = |more: &str| format!("GET /a HTTP/1.1\r\nHost: x\r\n{more}\r\n");
        let mut refusal = |bytes: String| scanner.scan(bytes.as_bytes()).refusal;
        for _ in 0..2 {
            assert_eq!(refusal(fields("")), None);
            assert_eq!(refusal(fields("Host: y\r\n")), Some(Refusal::Host));
            assert_eq!(refusal(fields("A: \u{1}\r\n")), Some(Refusal::LineEnding));
        }
        assert_eq!(refusal("GET /a HTTP/1.0\r\n\r\n".to_owned()), None, "needs no host");
        assert_eq!(
            refusal("GET /a HTTP/1.1\r\n\r\n".to_owned()),
            Some(Refusal::Host),
            "the same fields, but it needs one"
        );
    }

    fn head() -> impl Strategy<Value = String> {
        let line =
            prop::sample::select(vec!["GET /a HTTP/1.1", "POST /b?c HTTP/1.1", "GET /a HTTP/1.0", "GET  / HTTP/1.1"]);
        let field = prop::sample::select(vec![
            "Host: x",
            "Host: y",
            "Content-Length: 0",
            "Content-Length: 3",
            "Transfer-Encoding: chunked",
            "A: b",
            " folded",
            "A: \u{7f}",
        ]);
        (line, prop::collection::vec(field, 0..4)).prop_map(|(line, fields)| {
            let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
            format!("{line}\r\n{fields}\r\n")
        })
    }

    proptest! {
        #[test]
        fn what_a_connection_had_before_makes_no_difference_to_a_head(
            heads in prop::collection::vec(head(), 1..4),
            order in prop::collection::vec(0_usize..4, 1..24),
        ) {
            let mut scanner = Scanner::new(LIMITS);
            for head in order.iter().filter_map(|at| heads.get(*at)) {
                let mut fresh = Scanner::new(LIMITS);
                // Whatever body the last one announced, the next bytes are a head again.
                scanner.state = State::Head;
                prop_assert_eq!(scanner.scan(head.as_bytes()), fresh.scan(head.as_bytes()));
                prop_assert_eq!(format!("{:?}", scanner.state), format!("{:?}", fresh.state));
            }
        }

        #[test]
        fn however_the_bytes_arrive_the_same_is_released(
            bodies in proptest::collection::vec("[a-z\r\n]{0,30}", 1..5),
            tail in prop_oneof![Just(""), Just("GET / HTTP/1.1\nHost: x\r\n\r\n"), Just("GET / HTTP/1.1\r\nHo")],
            cut in 1_usize..30,
        ) {
            let mut bytes: String = bodies
                .iter()
                .map(|body| format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
                .collect();
            bytes.push_str(tail);
            let whole = all_at_once(&bytes);
            let mut scanner = Scanner::new(LIMITS);
            let (mut pending, mut released, mut refusal) = (Vec::new(), 0, None);
            for part in bytes.as_bytes().chunks(cut) {
                pending.extend_from_slice(part);
                let scanned = scanner.scan(&pending);
                pending.drain(..scanned.released);
                released += scanned.released;
                refusal = scanned.refusal;
                if refusal.is_some() { break }
            }
            prop_assert_eq!((released, refusal), (whole.released, whole.refusal));
        }
    }
}
