//! What a service has said of keeping its answer, in its own words: what a later 304 does not say again still holds (RFC 9111,
//! section 3.2), and clients may have been told otherwise.

use http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::control::CDN_CACHE_CONTROL;
use super::entry::copy;

/// The fields that decide.
pub(super) static NAMES: [HeaderName; 3] = [CACHE_CONTROL, CDN_CACHE_CONTROL, EXPIRES];
static AGES: [HeaderName; 2] = [AGE, DATE];

/// Those that were there, in little room.
pub(super) type Said = Box<[(HeaderName, HeaderValue)]>;

/// Copies of those that are there, of the bytes alone: what came from a connection holds on to the whole buffer that it was read into.
pub(super) fn of(headers: &HeaderMap) -> Said {
    let lines = NAMES.iter().flat_map(|name| headers.get_all(name).iter().map(move |value| (name, value)));
    lines.map(|(name, value)| (name.clone(), copy(value))).collect()
}

/// What was said, with the news in its place. How old an answer is only the news tell.
pub(super) fn anew(said: &Said, news: &HeaderMap) -> HeaderMap {
    let still = said.iter().filter(|(name, _)| !news.contains_key(name)).map(|(name, value)| (name, value));
    let told = NAMES.iter().chain(&AGES).flat_map(|name| news.get_all(name).iter().map(move |value| (name, value)));
    let mut anew = HeaderMap::new();
    for (name, value) in still.chain(told) {
        anew.append(name.clone(), value.clone());
    }
    anew
}
