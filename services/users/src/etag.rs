//! Versions of an account over HTTP: strong entity tags, and the conditions that requests make on them.
//!
//! One version has two representations, the public one and the one for the account itself and administrators. They have
//! different tags, as they have different bytes; `If-Match` accepts either of the current version.

use http::{
    HeaderMap, HeaderValue,
    header::{HeaderName, IF_MATCH, IF_NONE_MATCH},
};

use crate::{entity::user, error::Error};

/// The tag of a representation.
pub(crate) fn tag(user: &user::Model, private: bool) -> HeaderValue {
    // Digits, letters, quotes and hyphens are always a header value.
    HeaderValue::try_from(text(user, private)).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// Refuses a write whose `If-Match` does not name the current version.
pub(crate) fn check(headers: &HeaderMap, user: &user::Model) -> Result<(), Error> {
    if !headers.contains_key(IF_MATCH) {
        return Ok(());
    }
    let current = [text(user, true), text(user, false)];
    // Strong comparison: a weak tag matches nothing.
    let matched = listed(headers, IF_MATCH).any(|tag| tag == "*" || current.iter().any(|text| text == tag));
    if matched { Ok(()) } else { Err(Error::Stale) }
}

/// Whether the caller has this representation already, so that 304 says enough.
pub(crate) fn is_known(headers: &HeaderMap, user: &user::Model, private: bool) -> bool {
    let current = text(user, private);
    listed(headers, IF_NONE_MATCH).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == current)
}

fn text(user: &user::Model, private: bool) -> String {
    format!("\"{}-{}{}\"", user.id, user.version, if private { "-own" } else { "" })
}

/// Our own tags contain no commas, so a list is split at them.
fn listed(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}
