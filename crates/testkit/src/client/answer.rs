//! A complete answer, and the questions that tests ask of one.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use serde_json::Value;

/// One complete answer and the request it belongs to.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The method of the request.
    pub method: Method,
    /// The path of the request, without its query.
    pub path: String,
    /// The answer's status.
    pub status: StatusCode,
    /// The answer's headers.
    pub headers: HeaderMap,
    /// The answer's body.
    pub body: Bytes,
    /// From connecting to the last byte.
    pub took: Duration,
}

impl Answer {
    pub(crate) fn new(method: Method, path: String, took: Duration, answer: Response<Bytes>) -> Self {
        let (head, body) = answer.into_parts();
        Self { method, path, status: head.status, headers: head.headers, body, took }
    }

    /// A header's value; empty if it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header in ASCII"))
    }

    /// The media type, without its parameters.
    #[must_use]
    pub fn media_type(&self) -> &str {
        let value = self.header("content-type");
        value.split(';').next().unwrap_or_default().trim()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{}: not JSON: {error}", self.sentence()))
    }

    /// Fails the test unless the status is this one.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.sentence());
        self
    }

    /// Fails the test unless this is a whole problem document with this status and code; returns the document.
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let sentence = self.sentence();
        assert_eq!(self.status.as_u16(), status, "{sentence}");
        assert_eq!(self.media_type(), "application/problem+json", "{sentence}");
        assert_eq!(self.header("cache-control"), "no-store", "{sentence}");
        let document = self.json();
        assert_eq!(document["code"], code, "{sentence}");
        assert_eq!(document["status"], status, "{sentence}");
        assert_eq!(document["type"], format!("/problems/{code}"), "{sentence}");
        for member in ["title", "detail", "instance", "request_id"] {
            let text = document[member].as_str();
            assert!(text.is_some_and(|text| !text.is_empty()), "no {member}: {sentence}");
        }
        assert!(document["retryable"].is_boolean(), "{sentence}");
        assert_eq!(document["request_id"], self.header("x-request-id"), "{sentence}");
        document
    }

    /// The pointers of a problem document's `errors`.
    #[must_use]
    pub fn pointers(&self) -> Vec<String> {
        let document = self.json();
        let errors = document["errors"].as_array().cloned().unwrap_or_default();
        let pointer = |error: &Value| error["pointer"].as_str().unwrap_or_default().to_owned();
        errors.iter().map(pointer).collect()
    }

    /// The whole answer in one sentence, for a failed test.
    #[must_use]
    pub fn sentence(&self) -> String {
        let (method, path, status) = (&self.method, &self.path, self.status);
        let body: String = self.text().chars().take(2000).collect();
        format!("{method} {path} → {status}: {body}")
    }
}
