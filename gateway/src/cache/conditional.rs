//! What a client that knows something already is given of a kept answer: all of it, a piece, or the word that nothing has
//! changed (RFC 9110, sections 13 and 14).

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CONTENT_RANGE, DATE, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, LAST_MODIFIED, RANGE,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::freshness;

/// What a request gets of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    Whole,
    NotModified,
    /// From the first of these bytes up to the second one, which is not part of it.
    Piece(usize, usize),
    /// There is no such piece.
    Unsatisfiable,
}

/// The fields by which a client says what it knows already, or that it wants a piece.
const CONDITIONS: [HeaderName; 6] = [IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_MATCH, IF_UNMODIFIED_SINCE, IF_RANGE, RANGE];

/// Whether a request asks for something that only the service can decide: a condition on reading that is meant for writing.
pub(crate) fn is_for_the_service(headers: &HeaderMap) -> bool {
    headers.contains_key(IF_MATCH) || headers.contains_key(IF_UNMODIFIED_SINCE)
}

/// Whether a request may be answered with less than the whole.
pub(crate) fn is_conditional(headers: &HeaderMap) -> bool {
    CONDITIONS.iter().any(|name| headers.contains_key(name))
}

/// Takes out of a request what would bring less than the whole answer.
pub(crate) fn unconditional(headers: &mut HeaderMap) {
    for name in &CONDITIONS {
        headers.remove(name);
    }
}

/// What a request with these fields gets of an answer of 200 with `answer` and `length` bytes. `head` where only the head is
/// wanted: a range means nothing then (section 14.2).
pub(crate) fn given(request: &HeaderMap, answer: &HeaderMap, length: usize, head: bool) -> Given {
    if is_known(request, answer) {
        return Given::NotModified;
    }
    match request.get(RANGE) {
        Some(range) if !head && range_counts(request, answer) => piece(range, length),
        _ => Given::Whole,
    }
}

/// Whether the client has this answer already. `If-Modified-Since` counts only without `If-None-Match` (section 13.1.3).
fn is_known(request: &HeaderMap, answer: &HeaderMap) -> bool {
    if request.contains_key(IF_NONE_MATCH) {
        let Some(etag) = answer.get(ETAG) else { return request.get(IF_NONE_MATCH).is_some_and(|value| value == "*") };
        return request.get_all(IF_NONE_MATCH).iter().any(|line| names(line.as_bytes(), etag.as_bytes()));
    }
    let Some(since) = request.get(IF_MODIFIED_SINCE).and_then(freshness::parsed) else { return false };
    freshness::date(answer, &LAST_MODIFIED).is_some_and(|modified| modified <= since)
}

/// Whether a list of tags has this one, compared weakly (section 8.8.3.2).
fn names(list: &[u8], etag: &[u8]) -> bool {
    let opaque = |tag: &'_ [u8]| tag.strip_prefix(b"W/").unwrap_or(tag).to_vec();
    let wanted = opaque(etag);
    // A list may have empty members (section 5.6.1.2).
    let next = |rest: &'_ [u8]| rest.iter().position(|byte| !b" \t,".contains(byte)).unwrap_or(rest.len());
    let mut rest = list.trim_ascii();
    if rest == b"*" {
        return true;
    }
    rest = &rest[next(rest)..];
    while !rest.is_empty() {
        let start = rest.strip_prefix(b"W/").unwrap_or(rest);
        // A tag is a quoted text in which no quote can stand, so it ends with the next one.
        let Some(end) = start.strip_prefix(b"\"").and_then(|inner| memchr::memchr(b'"', inner)) else { return false };
        let (tag, after) = start.split_at(end + 2);
        if *tag == *wanted {
            return true;
        }
        let after = after.trim_ascii_start().strip_prefix(b",").unwrap_or_default();
        rest = &after[next(after)..];
    }
    false
}

/// Whether `If-Range`, if there is one, means this very answer (section 13.1.5): a weak tag never does.
fn range_counts(request: &HeaderMap, answer: &HeaderMap) -> bool {
    let Some(condition) = request.get(IF_RANGE) else { return true };
    if condition.as_bytes().first() == Some(&b'"') {
        return answer.get(ETAG) == Some(condition);
    }
    let (wanted, modified) = (freshness::parsed(condition), freshness::date(answer, &LAST_MODIFIED));
    // What was changed in the second in which it was sent may have been changed again in that second (section 8.8.2.2).
    let is_strong = || freshness::date(answer, &DATE).zip(modified).is_some_and(|(sent, modified)| modified < sent);
    wanted.is_some() && wanted == modified && is_strong()
}

/// One piece; several, and what is no range at all, get the whole (section 14.2).
fn piece(range: &HeaderValue, length: usize) -> Given {
    let parsed = || {
        let spec = range.to_str().ok()?.strip_prefix("bytes=")?;
        let (first, last) = spec.trim().split_once('-')?;
        let number = |text: &str| match text {
            "" => Some(None),
            text if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse::<usize>().ok().map(Some),
            _ => None,
        };
        Some((number(first)?, number(last)?))
    };
    match parsed() {
        Some((Some(first), Some(last))) if last < first => Given::Whole,
        Some((Some(first), _)) if first >= length => Given::Unsatisfiable,
        Some((Some(first), last)) => {
            Given::Piece(first, last.map_or(length, |last| last.saturating_add(1).min(length)))
        }
        Some((None, Some(0))) => Given::Unsatisfiable,
        Some((None, Some(_))) if length == 0 => Given::Unsatisfiable,
        Some((None, Some(count))) => Given::Piece(length.saturating_sub(count), length),
        Some((None, None)) | None => Given::Whole,
    }
}

/// Makes of the whole what is given: status, fields and bytes.
pub(crate) fn apply(given: &Given, headers: &mut HeaderMap, body: &Bytes) -> (StatusCode, Bytes) {
    match given {
        Given::Whole | Given::Unsatisfiable => (StatusCode::OK, body.clone()),
        Given::NotModified => {
            // What describes a body that is not sent; the rest may bring what the client keeps up to date (section 15.4.5).
            for name in ["content-type", "content-encoding", "content-language", "content-range"] {
                headers.remove(name);
            }
            (StatusCode::NOT_MODIFIED, Bytes::new())
        }
        Given::Piece(from, to) => {
            let range = format!("bytes {from}-{}/{}", to - 1, body.len());
            headers
                .insert(CONTENT_RANGE, HeaderValue::from_str(&range).unwrap_or(HeaderValue::from_static("bytes */*")));
            headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
            (StatusCode::PARTIAL_CONTENT, body.slice(*from..*to))
        }
    }
}

#[cfg(test)]
#[path = "conditional/tests.rs"]
mod tests;
