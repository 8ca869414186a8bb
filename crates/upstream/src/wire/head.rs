//! The head of an answer.

use std::mem::MaybeUninit;

use bytes::{Bytes, BytesMut};
use http::header::CONNECTION;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};

use super::framing::{self, Framing};
use super::malformed::Malformed;

/// Fields of a head, or of trailers.
pub(crate) const FIELDS: usize = 100;

/// Bytes of a head.
pub(crate) const HEAD: usize = 64 * 1024;

/// The head of an answer that is not an interim one.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// What the status line says, where that is not what the status is called.
    pub(crate) reason: Option<Bytes>,
    pub(crate) framing: Framing,
    /// Whether the connection can be used again after the body.
    pub(crate) keeps: bool,
}

/// A head as it was found.
#[derive(Debug)]
pub(crate) enum Found {
    /// Not all of it is there.
    Part,
    /// An interim answer (1xx but not 101), of which nobody wants to know.
    Interim,
    /// The answer.
    Head(Head),
}

/// Where a name and a value are.
#[derive(Clone, Copy, Default)]
struct Span {
    name: (u32, u32),
    value: (u32, u32),
}

/// Takes the head of the answer to a request with `method` from the front of `input`. Nothing is taken while a part is missing.
/// Its fields go into an empty map that `map` makes for so many.
///
/// # Errors
///
/// [`Malformed`] where it is no head of HTTP/1.1 or HTTP/1.0, too large, or leaves in doubt where the answer ends.
pub(crate) fn take(
    input: &mut BytesMut,
    method: &Method,
    map: impl FnOnce(usize) -> HeaderMap,
) -> Result<Found, Malformed> {
    let mut spans = [Span::default(); FIELDS];
    let Some(line) = scan(input, &mut spans)? else { return Ok(Found::Part) };
    let bytes = input.split_to(line.length).freeze();
    if line.status.is_informational() && line.status != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(Found::Interim);
    }
    let mut headers = map(line.fields);
    let mut keeps = Keeps::of(line.version);
    for span in spans.iter().take(line.fields) {
        let name = HeaderName::from_bytes(&bytes[range(span.name)]).map_err(|_| Malformed::Head)?;
        let value = HeaderValue::from_maybe_shared(bytes.slice(range(span.value))).map_err(|_| Malformed::Head)?;
        if name == CONNECTION {
            keeps.read(&value);
        }
        headers.append(name, value);
    }
    let (framing, is_certain) = framing::of_answer(method, line.status, line.version, &mut headers)?;
    let reason = line.reason.map(|reason| bytes.slice(range(reason)));
    let keeps = is_certain && keeps.answer();
    Ok(Found::Head(Head { status: line.status, headers, reason, framing, keeps }))
}

/// The status line, and the size of the head.
struct Line {
    length: usize,
    fields: usize,
    status: StatusCode,
    version: Version,
    reason: Option<(u32, u32)>,
}

fn scan(input: &[u8], spans: &mut [Span; FIELDS]) -> Result<Option<Line>, Malformed> {
    let mut slots = [const { MaybeUninit::uninit() }; FIELDS];
    let mut head = httparse::Response::new(&mut []);
    let parser = httparse::ParserConfig::default();
    let length = match parser.parse_response_with_uninit_headers(&mut head, input, &mut slots) {
        Ok(httparse::Status::Complete(length)) if length <= HEAD => length,
        Ok(httparse::Status::Partial) if input.len() < HEAD => return Ok(None),
        Ok(_) | Err(httparse::Error::TooManyHeaders) => return Err(Malformed::HeadTooLarge),
        Err(_) => return Err(Malformed::Head),
    };
    // Both are inside of the head, which has less than 2³² bytes.
    let place = |part: &[u8]| ((part.as_ptr() as usize - input.as_ptr() as usize) as u32, part.len() as u32);
    for (span, field) in spans.iter_mut().zip(head.headers.iter()) {
        *span = Span { name: place(field.name.as_bytes()), value: place(field.value) };
    }
    let status = head.code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or(Malformed::Head)?;
    let said = head.reason.unwrap_or_default();
    let reason = if Some(said) == status.canonical_reason() || said.is_empty() { None } else { Some(said) };
    Ok(Some(Line {
        length,
        fields: head.headers.len(),
        status,
        version: if head.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 },
        reason: reason.map(|reason| place(reason.as_bytes())),
    }))
}

fn range((start, length): (u32, u32)) -> std::ops::Range<usize> {
    start as usize..start as usize + length as usize
}

/// What the version and the `Connection` fields of an answer say about the connection (RFC 9112, section 9.3).
#[derive(Clone, Copy)]
struct Keeps {
    by_version: bool,
    asked: bool,
    closes: bool,
}

impl Keeps {
    fn of(version: Version) -> Self {
        Self { by_version: version == Version::HTTP_11, asked: false, closes: false }
    }

    fn read(&mut self, value: &HeaderValue) {
        self.closes |= names(value, b"close");
        self.asked |= names(value, b"keep-alive");
    }

    fn answer(self) -> bool {
        !self.closes && (self.by_version || self.asked)
    }
}

/// Whether one of the words of a `Connection` field is `word`.
pub(crate) fn names(value: &HeaderValue, word: &[u8]) -> bool {
    value.as_bytes().split(|byte| *byte == b',').any(|item| item.trim_ascii().eq_ignore_ascii_case(word))
}
