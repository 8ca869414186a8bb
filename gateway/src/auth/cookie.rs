//! Browsers keep the refresh token in a cookie that scripts cannot read and other sites cannot send.

use http::header::{COOKIE, HOST, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::error::AuthError;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// Where a cookie is sent that may have a path: a secure one has `__Host-`, which wants `/`.
const PATH: &str = "/api/v1/auth";

/// The refresh cookie, and which pages may make a browser use it.
#[derive(Clone, Debug)]
pub(crate) struct Cookies {
    name: String,
    secure: bool,
    origins: Vec<String>,
}

impl Cookies {
    /// `origins` are those of other sites that may use it, compared exactly.
    pub(crate) fn new(name: &str, secure: bool, origins: Vec<String>) -> Self {
        let name = if secure { format!("__Host-{name}") } else { name.to_owned() };
        Self { name, secure, origins }
    }

    /// The refresh token in the request's cookie.
    pub(crate) fn read<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name).map(|(_, value)| value)
    }

    /// `Set-Cookie` that keeps `token` for `seconds`.
    pub(crate) fn keep(&self, token: &str, seconds: i64) -> Result<HeaderValue, AuthError> {
        let (path, secure) = if self.secure { ("/", "; Secure") } else { (PATH, "") };
        let name = &self.name;
        let text =
            format!("{name}={token}; Path={path}; Max-Age={}; HttpOnly; SameSite=Strict{secure}", seconds.max(0));
        let mut value = HeaderValue::try_from(text).map_err(|_| AuthError::Minting("the cookie's name is no token"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// `Set-Cookie` that removes it.
    pub(crate) fn clear(&self) -> Result<HeaderValue, AuthError> {
        self.keep("", 0)
    }

    /// Refuses a request that another site's page made a browser send: one with a foreign `Origin`, or that the browser itself
    /// calls cross-site. A request with neither field comes from no browser, and so from nobody who could be misled.
    pub(crate) fn require_own_origin(&self, headers: &HeaderMap) -> Result<(), AuthError> {
        let origin = headers.get(ORIGIN).map(HeaderValue::as_bytes);
        if origin.is_some_and(|origin| self.origins.iter().any(|known| known.as_bytes() == origin)) {
            return Ok(());
        }
        let allowed = match (headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes), origin) {
            (Some(site), _) => site == b"same-origin" || site == b"none",
            (None, Some(origin)) => is_of_host(origin, headers),
            (None, None) => true,
        };
        if allowed { Ok(()) } else { Err(AuthError::ForeignOrigin) }
    }
}

/// Whether the origin is the host that was asked.
fn is_of_host(origin: &[u8], headers: &HeaderMap) -> bool {
    let host = headers.get(X_FORWARDED_HOST).or_else(|| headers.get(HOST)).map(HeaderValue::as_bytes);
    let origin = origin.strip_prefix(b"https://").or_else(|| origin.strip_prefix(b"http://"));
    matches!((origin, host), (Some(origin), Some(host)) if origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn cookies(secure: bool) -> Cookies {
        Cookies::new("agora_refresh", secure, vec!["https://app.example".to_owned()])
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        HeaderMap::from_iter(pairs)
    }

    #[test]
    fn a_secure_cookie_is_bound_to_the_host() {
        let value = cookies(true).keep("t", 60).unwrap();
        assert_eq!(value, "__Host-agora_refresh=t; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure");
        assert!(value.is_sensitive());
    }

    #[test]
    fn a_cookie_without_https_is_bound_to_the_operations_that_need_it() {
        let value = cookies(false).keep("t", 60).unwrap();
        assert_eq!(value, "agora_refresh=t; Path=/api/v1/auth; Max-Age=60; HttpOnly; SameSite=Strict");
        assert_eq!(
            cookies(false).clear().unwrap(),
            "agora_refresh=; Path=/api/v1/auth; Max-Age=0; HttpOnly; SameSite=Strict"
        );
    }

    #[test]
    fn the_cookie_is_found_among_others_by_its_whole_name() {
        let headers = headers(&[("cookie", "a=1; xagora_refresh=no; agora_refresh=yes; b=2")]);
        assert_eq!(cookies(false).read(&headers), Some("yes"));
        assert_eq!(cookies(true).read(&headers), None, "an insecure cookie is no secure one");
    }

    #[test]
    fn pages_of_this_origin_and_of_the_list_may_use_it() {
        let own = [
            headers(&[("sec-fetch-site", "same-origin"), ("origin", "http://127.0.0.1:8001")]),
            headers(&[("sec-fetch-site", "none")]),
            headers(&[("origin", "http://127.0.0.1:8001"), ("host", "127.0.0.1:8001")]),
            headers(&[("origin", "https://api.example"), ("x-forwarded-host", "api.example"), ("host", "10.0.0.1")]),
            headers(&[("sec-fetch-site", "cross-site"), ("origin", "https://app.example")]),
            headers(&[]),
        ];
        for headers in own {
            assert!(cookies(false).require_own_origin(&headers).is_ok(), "{headers:?}");
        }
    }

    #[test]
    fn pages_of_other_origins_may_not() {
        let foreign = [
            headers(&[("sec-fetch-site", "cross-site")]),
            headers(&[("sec-fetch-site", "same-site"), ("origin", "https://other.api.example")]),
            headers(&[("origin", "https://evil.example"), ("host", "127.0.0.1:8001")]),
            headers(&[("origin", "https://app.example.evil"), ("host", "127.0.0.1:8001")]),
            headers(&[("origin", "null"), ("host", "127.0.0.1:8001")]),
            headers(&[("origin", "https://evil.example")]),
        ];
        for headers in foreign {
            assert!(cookies(false).require_own_origin(&headers).is_err(), "{headers:?}");
        }
    }
}
