//! The parsed target: refused where normalising would change its segments or where it hides a separator, and written in the one way in
//! which it is matched.

use std::borrow::Cow;

use http::uri::{PathAndQuery, Uri};
use http::{Request, uri};

use super::Refusal;

/// Takes escapes that mean nothing out of a request's path: with and without them it is the same (RFC 3986, section 6.2.2.2), and a
/// service would decode what a stricter route did not match. A path that is refused stays as it is.
pub(crate) fn unescape<B>(request: &mut Request<B>) {
    let path = request.uri().path();
    if !path.contains('%') || check_path(path).is_err() {
        return;
    }
    let plain = plain(path);
    if plain == path {
        return;
    }
    let target = match request.uri().query() {
        Some(query) => format!("{plain}?{query}"),
        None => plain.into_owned(),
    };
    let mut parts = uri::Parts::from(request.uri().clone());
    parts.path_and_query = PathAndQuery::try_from(target).ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
}

/// A path without the escapes that mean nothing: those of letters, digits and `-._~` (RFC 3986, section 6.2.2.2).
pub(crate) fn plain(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        plain.push_str(before);
        let escaped = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).map(char::from);
        match escaped.filter(|c| c.is_ascii_alphanumeric() || "-._~".contains(*c)) {
            Some(c) => {
                plain.push(c);
                rest = &after[2..];
            }
            None => {
                plain.push('%');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Checks the path of a request as it was received, percent escapes included.
pub(crate) fn check_path(path: &str) -> Result<(), Refusal> {
    let bytes = path.as_bytes();
    if bytes.first() != Some(&b'/') {
        return Err(Refusal::Target);
    }
    let mut previous = b'/';
    for (at, byte) in bytes.iter().copied().enumerate().skip(1) {
        match byte {
            b'/' if previous == b'/' => return Err(Refusal::Path),
            b'.' if previous == b'/' && is_dot_segment(bytes.get(at..).unwrap_or_default()) => {
                return Err(Refusal::Path);
            }
            b'%' => check_escape(bytes.get(at + 1..at + 3))?,
            b'\\' => return Err(Refusal::Path),
            _ => {}
        }
        previous = byte;
    }
    Ok(())
}

/// Checks the percent escapes of a query.
pub(crate) fn check_query(query: &str) -> Result<(), Refusal> {
    let bytes = query.as_bytes();
    for at in memchr::memchr_iter(b'%', bytes) {
        let escape = bytes.get(at + 1..at + 3).ok_or(Refusal::Escape)?;
        if !escape.iter().all(u8::is_ascii_hexdigit) {
            return Err(Refusal::Escape);
        }
    }
    Ok(())
}

/// Whether `rest`, which starts a segment, is `.` or `..`.
fn is_dot_segment(rest: &[u8]) -> bool {
    let dots = rest.iter().take_while(|byte| **byte == b'.').count();
    dots <= 2 && matches!(rest.get(dots), None | Some(b'/'))
}

/// Refuses `%2f %5c %00` anywhere, and `%2e`, another spelling of the dot, in every place.
fn check_escape(digits: Option<&[u8]>) -> Result<(), Refusal> {
    let &[high, low] = digits.ok_or(Refusal::Escape)? else { return Err(Refusal::Escape) };
    match (char::from(high).to_digit(16), char::from(low).to_digit(16)) {
        (Some(high), Some(low)) => match high * 16 + low {
            0x00 | 0x2e | 0x2f | 0x5c => Err(Refusal::Path),
            _ => Ok(()),
        },
        _ => Err(Refusal::Escape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_pass() {
        for path in ["/", "/a", "/a/b/", "/a%20b", "/.well-known/jwks.json", "/a/...", "/a..b", "/a/b.json", "/%c3%a9"]
        {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn paths_that_would_change_are_refused() {
        for path in
            ["//a", "/a//b", "/.", "/a/..", "/a/../b", "/a/./b", "/a%2fb", "/a%5Cb", "/a%00", "/%2e%2e/a", "/a\\b"]
        {
            assert_eq!(check_path(path), Err(Refusal::Path), "{path}");
        }
    }

    #[test]
    fn broken_escapes_are_refused() {
        for path in ["/%", "/%a", "/%zz", "/a%2"] {
            assert_eq!(check_path(path), Err(Refusal::Escape), "{path}");
        }
        assert_eq!(check_query("a=%zz"), Err(Refusal::Escape));
        assert_eq!(check_query("a=%2"), Err(Refusal::Escape));
        assert_eq!(check_query("a=%2f%20"), Ok(()));
    }

    #[test]
    fn a_target_that_is_no_path_is_refused() {
        assert_eq!(check_path("*"), Err(Refusal::Target));
        assert_eq!(check_path(""), Err(Refusal::Target));
    }
}
