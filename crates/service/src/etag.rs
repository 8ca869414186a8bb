//! Versions of a resource over HTTP: strong entity tags, and the conditions that requests make on them (RFC 9110, section 13).

use http::{
    HeaderMap, HeaderValue,
    header::{HeaderName, IF_MATCH, IF_NONE_MATCH},
};

/// `If-Match` names another version than the current one: 412.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stale;

/// The tag of a representation, without its quotes: digits, letters and hyphens.
///
/// ```
/// assert_eq!(service::etag::value("7-3"), "\"7-3\"");
/// ```
#[must_use]
pub fn value(tag: &str) -> HeaderValue {
    HeaderValue::try_from(format!("\"{tag}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// Refuses a write whose `If-Match` names none of `current`: the tags, without quotes, of the representations that the current
/// version has. A request without the field is not refused.
///
/// # Errors
/// [`Stale`]
pub fn check(headers: &HeaderMap, current: &[&str]) -> Result<(), Stale> {
    check_by(headers, |tag| current.contains(&tag))
}

/// The same, where `fits` says whether a tag, without quotes, is one of the current version.
///
/// # Errors
/// [`Stale`]
pub fn check_by(headers: &HeaderMap, fits: impl Fn(&str) -> bool) -> Result<(), Stale> {
    if !headers.contains_key(IF_MATCH) {
        return Ok(());
    }
    // Strong comparison: a weak tag matches nothing.
    let matched = listed(headers, IF_MATCH).any(|tag| tag == "*" || unquoted(tag).is_some_and(&fits));
    if matched { Ok(()) } else { Err(Stale) }
}

/// Whether the caller has the representation with this tag already, so that 304 says enough.
#[must_use]
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    listed(headers, IF_NONE_MATCH)
        .any(|known| known == "*" || unquoted(known.strip_prefix("W/").unwrap_or(known)) == Some(tag))
}

fn unquoted(tag: &str) -> Option<&str> {
    tag.strip_prefix('"')?.strip_suffix('"')
}

/// Our own tags contain no commas, so a list is split at them.
fn listed(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_write_needs_the_current_version_if_it_names_one() {
        for (condition, fits) in [
            ("\"7-3\"", true),
            ("\"7-2\", \"7-3\"", true),
            ("*", true),
            ("\"7-2\"", false),
            ("W/\"7-3\"", false),
            ("7-3", false),
        ] {
            assert_eq!(check(&headers(IF_MATCH, condition), &["7-3", "7-3-own"]).is_ok(), fits, "{condition}");
        }
        assert_eq!(check(&HeaderMap::new(), &["7-3"]), Ok(()));
    }

    #[test]
    fn a_read_may_know_a_version_weakly() {
        for (known, fits) in [("\"7-3\"", true), ("W/\"7-3\"", true), ("*", true), ("\"7-3-own\"", false)] {
            assert_eq!(is_known(&headers(IF_NONE_MATCH, known), "7-3"), fits, "{known}");
        }
    }
}
