//! Where a body ends (RFC 9112, section 6.3).

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use http_body::SizeHint;

use super::chunked::Chunked;
use super::malformed::{Cut, Malformed};

/// What is left of a body.
#[derive(Debug)]
pub(crate) enum Framing {
    /// So many bytes.
    Length(u64),
    /// Chunks, which say themselves when they end.
    Chunked(Box<Chunked>),
    /// Everything until the server closes the connection, and whether it has.
    UntilClose(bool),
}

/// What came of a look at what was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Some of the body, at least a byte.
    Data(Bytes),
    /// The trailers, after which nothing comes.
    Trailers(HeaderMap),
    /// Nothing: more has to be read.
    More,
    /// There is nothing more.
    End,
}

impl Framing {
    pub(crate) const NOTHING: Self = Self::Length(0);

    pub(crate) fn is_end(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunked) => chunked.is_end(),
            Self::UntilClose(is_closed) => *is_closed,
        }
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match self {
            Self::Length(left) => SizeHint::with_exact(*left),
            Self::Chunked(_) | Self::UntilClose(_) if self.is_end() => SizeHint::with_exact(0),
            Self::Chunked(_) | Self::UntilClose(_) => SizeHint::default(),
        }
    }

    /// The next piece of the body, as far as it is in `input`. What follows the body stays there.
    ///
    /// # Errors
    ///
    /// [`Malformed`], after which nothing can be read any more.
    pub(crate) fn step(&mut self, input: &mut BytesMut) -> Result<Step, Malformed> {
        match self {
            Self::Length(0) | Self::UntilClose(true) => Ok(Step::End),
            Self::Length(_) | Self::UntilClose(_) if input.is_empty() => Ok(Step::More),
            Self::Length(left) => {
                let length = usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                *left -= length as u64;
                Ok(Step::Data(input.split_to(length).freeze()))
            }
            Self::UntilClose(_) => Ok(Step::Data(input.split().freeze())),
            Self::Chunked(chunked) => chunked.step(input),
        }
    }

    /// The server has closed the connection, and all that it sent was looked at.
    ///
    /// # Errors
    ///
    /// [`Cut::Incomplete`] where something is missing.
    pub(crate) fn closed(&mut self) -> Result<(), Cut> {
        match self {
            Self::UntilClose(is_closed) => {
                *is_closed = true;
                Ok(())
            }
            Self::Length(_) | Self::Chunked(_) => Err(Cut::Incomplete),
        }
    }
}

/// How the body of an answer is framed, and whether that leaves no doubt about where it ends. Fields that would say
/// something else to whoever gets the answer next are put right.
///
/// # Errors
///
/// [`Malformed`] where it could be read in two ways.
pub(crate) fn of_answer(
    method: &Method,
    status: StatusCode,
    version: Version,
    headers: &mut HeaderMap,
) -> Result<(Framing, bool), Malformed> {
    let has_coding = headers.contains_key(TRANSFER_ENCODING);
    if status == StatusCode::SWITCHING_PROTOCOLS || (method == Method::CONNECT && status.is_success()) {
        return Ok((Framing::NOTHING, false));
    }
    if status == StatusCode::NO_CONTENT {
        // It has no body whatever it says; a server that says it has one may well send one.
        let claims = has_coding || headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0");
        return Ok((Framing::NOTHING, !claims));
    }
    if method == Method::HEAD || status == StatusCode::NOT_MODIFIED {
        // What it says is of another body, and goes on to whoever asks.
        length(headers)?;
        return Ok((Framing::NOTHING, true));
    }
    if has_coding {
        if version != Version::HTTP_11 || !is_chunked(headers) {
            return Err(Malformed::TransferCoding);
        }
        let has_length = headers.remove(CONTENT_LENGTH).is_some();
        return Ok((Framing::Chunked(Box::default()), !has_length));
    }
    match length(headers)? {
        Some(length) => Ok((Framing::Length(length), true)),
        None => Ok((Framing::UntilClose(false), false)),
    }
}

/// Whether the only coding is `chunked`.
fn is_chunked(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let first = codings.next().is_some_and(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    first && codings.next().is_none()
}

/// The length that the fields agree on. Where it was said more than once, it is said once after that.
///
/// # Errors
///
/// [`Malformed::ContentLength`] where they do not agree, or one is no number.
pub(crate) fn length(headers: &mut HeaderMap) -> Result<Option<u64>, Malformed> {
    let Some(first) = headers.get(CONTENT_LENGTH) else { return Ok(None) };
    let mut values = headers.get_all(CONTENT_LENGTH).iter();
    let is_single = values.next().is_some() && values.next().is_none();
    if is_single && let Some(length) = digits(first.as_bytes()) {
        return Ok(Some(length));
    }
    let mut agreed = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        for item in value.as_bytes().split(|byte| *byte == b',') {
            let length = digits(item.trim_ascii()).ok_or(Malformed::ContentLength)?;
            if *agreed.get_or_insert(length) != length {
                return Err(Malformed::ContentLength);
            }
        }
    }
    if let Some(length) = agreed {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Ok(agreed)
}

/// Digits and nothing else: no sign, no space.
fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}
