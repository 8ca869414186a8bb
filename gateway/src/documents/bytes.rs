//! Bytes that are ready to be sent: type, strong validator and cache policy are settled once, and a client that has them already
//! gets a 304.

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{IntoResponse, Response};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS},
};

/// May be kept, but is asked for again each time (which costs a 304).
pub(crate) const REVALIDATE: &str = "no-cache";
/// Never changes under this address: the address has the hash of the content in it.
pub(crate) const FOREVER: &str = "public, max-age=31536000, immutable";

/// A representation that does not change while the process lives.
#[derive(Clone, Debug)]
pub(crate) struct Fixed {
    body: Bytes,
    content_type: HeaderValue,
    etag: HeaderValue,
    hash: String,
    extra: Vec<(HeaderName, HeaderValue)>,
}

impl Fixed {
    pub(crate) fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let hash = hash(&body);
        // The hash is plain ASCII, so the fallback is never taken; an entity tag `""` would still be a correct header.
        let etag = HeaderValue::try_from(format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""));
        Self { body, content_type: HeaderValue::from_static(content_type), etag, hash, extra: Vec::new() }
    }

    /// With one more header on every answer, 304 too.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.extra.push((name, value));
        self
    }

    /// The hash of the content, as it stands in the `ETag`.
    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    /// The content.
    #[cfg(test)]
    pub(crate) fn body(&self) -> &Bytes {
        &self.body
    }

    /// The answer to a request with these headers.
    pub(crate) fn answer(&self, request: &HeaderMap, cache: &'static str) -> Response {
        let mut response = if matches(request, &self.etag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = self.body.clone().into_response();
            response.headers_mut().insert(CONTENT_TYPE, self.content_type.clone());
            response
        };
        let headers = response.headers_mut();
        headers.insert(ETAG, self.etag.clone());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        for (name, value) in &self.extra {
            headers.append(name, value.clone());
        }
        response
    }
}

/// A short, URL-safe name of the content.
pub(crate) fn hash(body: &[u8]) -> String {
    let digest = digest(&SHA256, body);
    BASE64_URL_SAFE_NO_PAD.encode(digest.as_ref().get(..18).unwrap_or_default())
}

/// Whether `If-None-Match` names this entity tag. The comparison is the weak one, as RFC 9110 wants it for this field.
fn matches(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let listed = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = listed.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::body::to_bytes;

    use super::*;

    fn asked(if_none_match: &[&str]) -> Response {
        let mut request = HeaderMap::new();
        for value in if_none_match {
            request.append(IF_NONE_MATCH, value.parse().unwrap());
        }
        Fixed::new("text/plain; charset=utf-8", "hello").answer(&request, REVALIDATE)
    }

    #[tokio::test]
    async fn the_first_answer_has_a_body_and_the_second_is_a_304_without_one() {
        let first = asked(&[]);
        assert_eq!(first.status(), StatusCode::OK);
        let etag = first.headers()[ETAG].to_str().unwrap().to_owned();
        assert!(etag.starts_with('"') && etag.len() > 20, "{etag}");
        assert_eq!(to_bytes(first.into_body(), 100).await.unwrap(), "hello");

        let second = asked(&[&etag]);
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(second.headers()[ETAG].to_str().unwrap(), etag);
        assert!(to_bytes(second.into_body(), 100).await.unwrap().is_empty());
    }

    #[test]
    fn if_none_match_is_a_list_that_may_be_weak_or_a_star() {
        let etag = asked(&[]).headers()[ETAG].to_str().unwrap().to_owned();
        for list in [vec!["*"], vec!["\"x\", W/\"y\"", &format!("W/{etag}")], vec![&format!("\"x\",{etag}")]] {
            assert_eq!(asked(&list).status(), StatusCode::NOT_MODIFIED, "{list:?}");
        }
        assert_eq!(asked(&["\"x\"", "W/\"y\""]).status(), StatusCode::OK);
    }
}
