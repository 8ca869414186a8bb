//! Cross-origin requests (WHATWG Fetch, "CORS protocol"): exact origins, on errors and 503s too.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, Proxy-Status, Gateway-Parts, Preference-Applied, Deprecation, \
     Idempotency-Replayed, WWW-Authenticate",
);
const DEFAULT_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, if-match, if-none-match, idempotency-key, prefer, x-request-id",
);

/// The origins whose pages may read answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cors {
    origins: Vec<HeaderValue>,
}

impl Cors {
    pub(crate) fn new(origins: &[String]) -> Self {
        Self { origins: origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect() }
    }

    /// The request's origin, if it is allowed.
    pub(crate) fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if self.origins.is_empty() {
            return None;
        }
        headers.get(ORIGIN).filter(|origin| self.origins.contains(origin)).cloned()
    }

    /// Whether a request asks for permission instead of for a resource.
    pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
        method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// The fields that permit what a preflight asks for.
    pub(crate) fn permission(request: &HeaderMap) -> HeaderMap {
        let asked = request.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        HeaderMap::from_iter([
            (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (ACCESS_CONTROL_ALLOW_HEADERS, asked.unwrap_or(DEFAULT_HEADERS)),
            (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
        ])
    }

    /// Adds what every answer to a page of another origin needs. Caches must know that it depends on the origin.
    pub(crate) fn finish(&self, headers: &mut HeaderMap, origin: Option<HeaderValue>) {
        if self.origins.is_empty() {
            return;
        }
        let _full = headers.try_append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}
