//! The head of a request, and how its body is framed (RFC 9112, sections 3 and 6).

use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HOST,
    MAX_FORWARDS, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body::Body as _;

use super::head::names;
use crate::added::Added;
use crate::attempt::TIMEOUT;
use crate::body::RequestBody;

/// How a request says where its body ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// There is none.
    Nothing,
    /// By its length, of which so much is still to come.
    Length(u64),
    /// By chunks, after which only these trailers may follow.
    Chunked(Vec<HeaderName>),
}

impl Measure {
    /// A body in memory has the length that it has. What streams in has the one that its head says or that it knows itself;
    /// without any it is chunked, and so it is if the head says that.
    pub(crate) fn of(request: &Request<RequestBody>) -> Self {
        match request.body() {
            RequestBody::Empty | RequestBody::Full(None) => Self::Nothing,
            RequestBody::Full(Some(bytes)) => Self::Length(bytes.len() as u64),
            RequestBody::Stream(body) if body.is_end_stream() => Self::Nothing,
            RequestBody::Stream(body) => {
                let headers = request.headers();
                let length = declared(headers).or_else(|| body.size_hint().exact());
                match length.filter(|_| !headers.contains_key(TRANSFER_ENCODING)) {
                    Some(length) => Self::Length(length),
                    None => Self::Chunked(announced(headers)),
                }
            }
        }
    }
}

/// The length that the head says.
fn declared(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get(CONTENT_LENGTH)?.to_str().ok()?;
    value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok())?
}

/// The trailers that the head announces.
fn announced(headers: &HeaderMap) -> Vec<HeaderName> {
    let lists = headers.get_all(TRAILER).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).filter_map(|name| name.trim().parse().ok()).collect()
}

/// Whether a field means something after the body (RFC 9110, section 6.5.1).
fn is_trailer(name: &HeaderName) -> bool {
    const NEVER: [HeaderName; 12] = [
        AUTHORIZATION,
        CACHE_CONTROL,
        CONTENT_ENCODING,
        CONTENT_LENGTH,
        CONTENT_RANGE,
        CONTENT_TYPE,
        HOST,
        MAX_FORWARDS,
        SET_COOKIE,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
    ];
    !NEVER.contains(name)
}

/// Writes the whole head, in which `Host` is `host`, whatever the request says; whether the connection may be used again as far as
/// the request is concerned.
pub(crate) fn write_head(
    request: &Request<RequestBody>,
    (host, added): (&HeaderValue, Added<'_>),
    measure: &Measure,
    into: &mut Vec<u8>,
) -> bool {
    into.extend_from_slice(request.method().as_str().as_bytes());
    into.push(b' ');
    // A request to a service has a path and a query, and nothing before them.
    into.extend_from_slice(request.uri().path_and_query().map_or("/", PathAndQuery::as_str).as_bytes());
    into.extend_from_slice(b" HTTP/1.1\r\n");
    let (mut has_host, mut has_measure, mut keeps) = (false, false, true);
    for (name, value) in request.headers() {
        if *name == HOST {
            // In the place of the first one.
            if !has_host {
                write_field(name, host, into);
            }
            has_host = true;
        } else if *name == CONTENT_LENGTH || *name == TRANSFER_ENCODING {
            has_measure |= !has_measure && write_measure(measure, name, value, into);
        } else if added.timeout.is_none() || *name != TIMEOUT {
            keeps &= *name != CONNECTION || !names(value, b"close");
            write_field(name, value, into);
        }
    }
    if let Some(timeout) = added.timeout {
        write_name(&TIMEOUT, into);
        write_number(timeout, into);
    }
    for (name, value) in added.fields.iter().flatten() {
        write_field(name, value, into);
    }
    if !has_host {
        write_field(&HOST, host, into);
    }
    match measure {
        Measure::Length(length) if !has_measure => {
            write_name(&CONTENT_LENGTH, into);
            write_number(*length, into);
        }
        Measure::Chunked(_) if !has_measure => into.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        Measure::Nothing | Measure::Length(_) | Measure::Chunked(_) => {}
    }
    into.extend_from_slice(b"\r\n");
    keeps
}

/// Writes the field that says where the body ends in the place of the one that does so in the request; whether it did.
fn write_measure(measure: &Measure, name: &HeaderName, value: &HeaderValue, into: &mut Vec<u8>) -> bool {
    match measure {
        // "No body" may be said aloud; anything else would be wrong.
        Measure::Nothing if *name == CONTENT_LENGTH && value == "0" => write_field(name, value, into),
        Measure::Length(length) if *name == CONTENT_LENGTH => {
            write_name(name, into);
            write_number(*length, into);
        }
        Measure::Chunked(_) if *name == TRANSFER_ENCODING => {
            into.extend_from_slice(b"transfer-encoding: chunked\r\n");
        }
        Measure::Nothing | Measure::Length(_) | Measure::Chunked(_) => return false,
    }
    true
}

fn write_name(name: &HeaderName, into: &mut Vec<u8>) {
    into.extend_from_slice(name.as_str().as_bytes());
    into.extend_from_slice(b": ");
}

fn write_field(name: &HeaderName, value: &HeaderValue, into: &mut Vec<u8>) {
    write_name(name, into);
    into.extend_from_slice(value.as_bytes());
    into.extend_from_slice(b"\r\n");
}

fn write_number(number: u64, into: &mut Vec<u8>) {
    into.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    into.extend_from_slice(b"\r\n");
}

/// Writes the last chunk, and after it those trailers that were announced and may come.
pub(crate) fn write_end(trailers: &HeaderMap, announced: &[HeaderName], into: &mut Vec<u8>) {
    into.extend_from_slice(b"0\r\n");
    for (name, value) in trailers {
        if announced.contains(name) && is_trailer(name) {
            write_field(name, value, into);
        }
    }
    into.extend_from_slice(b"\r\n");
}

/// Writes the size of a chunk.
pub(crate) fn write_size(length: usize, into: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut shift = usize::BITS - length.leading_zeros().min(usize::BITS - 4);
    shift = shift.div_ceil(4) * 4;
    while shift > 0 {
        shift -= 4;
        into.push(DIGITS[(length >> shift) & 0xf]);
    }
    into.extend_from_slice(b"\r\n");
}
