//! What clients, and caches on the way to them, are told of keeping an answer. Three fields say it, and one that was forgotten would
//! go before the others: `CDN-Cache-Control` (RFC 9213) and `Expires` stand for nothing that the gateway has said itself.

use http::header::{CACHE_CONTROL, EXPIRES};
use http::{HeaderMap, HeaderValue};

use super::control::{CDN_CACHE_CONTROL, Directives};

const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Nothing is said.
pub(crate) fn nothing(headers: &mut HeaderMap) {
    headers.remove(CACHE_CONTROL);
    headers.remove(CDN_CACHE_CONTROL);
    headers.remove(EXPIRES);
}

/// Nobody keeps it.
pub(crate) fn no_store(headers: &mut HeaderMap) {
    nothing(headers);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// It is for one caller alone, who asks again before using it a second time; unless its service was stricter.
pub(crate) fn private(headers: &mut HeaderMap) {
    if Directives::listed(headers).no_store {
        headers.remove(CDN_CACHE_CONTROL);
        headers.remove(EXPIRES);
    } else {
        nothing(headers);
        headers.insert(CACHE_CONTROL, PRIVATE);
    }
}

/// What a service says nothing about may be kept by the caller alone, and is asked for again: it may depend on who calls
/// (RFC 9111, section 5.2.2).
pub(crate) fn private_unless_said(headers: &mut HeaderMap) {
    if !headers.contains_key(CACHE_CONTROL) {
        private(headers);
    }
}

/// Of an answer that everybody gets alike: what the service did not allow by name is asked for again, so that everybody reads their
/// own writes.
pub(crate) fn shared(headers: &mut HeaderMap, described: bool) {
    if !described {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
}
