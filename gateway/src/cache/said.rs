//! What a service has said of keeping its answer, in its own words: what a later 304 does not say again still holds (RFC 9111,
//! section 3.2), and clients may have been told otherwise.

use http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::control::CDN_CACHE_CONTROL;

/// The fields that decide.
pub(super) const NAMES: [HeaderName; 3] = [CACHE_CONTROL, CDN_CACHE_CONTROL, EXPIRES];

/// Copies of those that are there.
pub(super) fn of(headers: &HeaderMap) -> HeaderMap {
    let mut said = HeaderMap::new();
    for name in &NAMES {
        copy(headers, name, &mut said);
    }
    said
}

/// What was said, with the news in its place. How old an answer is only the news tell.
pub(super) fn anew(said: &HeaderMap, news: &HeaderMap) -> HeaderMap {
    let mut anew = HeaderMap::new();
    for name in &NAMES {
        copy(if news.contains_key(name) { news } else { said }, name, &mut anew);
    }
    copy(news, &AGE, &mut anew);
    copy(news, &DATE, &mut anew);
    anew
}

/// Of the bytes alone: what came from a connection holds on to the whole buffer that it was read into.
fn copy(from: &HeaderMap, name: &HeaderName, to: &mut HeaderMap) {
    for value in from.get_all(name) {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            to.append(name.clone(), value);
        }
    }
}
