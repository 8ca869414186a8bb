//! [`Problem`]: one error answer before it is written out.

use std::time::Duration;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::Code;

/// The media type of every problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What is wrong with one field of a body, or with one parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// A JSON pointer into the body (`/items/0/quantity`), or the parameter's name.
    pub pointer: String,
    /// A stable name of the rule that was broken, for example `too_long`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// An error answer: what a client sees instead of a success.
#[derive(Clone, Debug)]
pub struct Problem(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    code: Code,
    status: StatusCode,
    detail: Option<String>,
    errors: Vec<FieldError>,
    members: Vec<(&'static str, Value)>,
    headers: HeaderMap,
}

impl Problem {
    /// A problem with the status and title of its code. A 401 also gets `WWW-Authenticate`.
    #[must_use]
    pub fn new(code: Code) -> Self {
        let mut headers = HeaderMap::new();
        if code.status() == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, challenge(code));
        }
        let status = code.status();
        let (detail, errors, members) = (None, Vec::new(), Vec::new());
        Self(Box::new(Inner { code, status, detail, errors, members, headers }))
    }

    /// The best problem for an error status of which nothing else is known.
    #[must_use]
    pub fn for_status(status: StatusCode) -> Self {
        Self::new(Code::for_status(status)).with_status(status)
    }

    /// Answers with another status than the code's own.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// Says what happened this time. The text is shown to clients.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds what is wrong with one field.
    #[must_use]
    pub fn with_error(
        mut self,
        pointer: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let (pointer, code, message) = (pointer.into(), code.into(), message.into());
        self.0.errors.push(FieldError { pointer, code, message });
        self
    }

    /// Adds what is wrong with several fields.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors.extend(errors);
        self
    }

    /// Sets a header of the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Says when to try again, in whole seconds, rounded up, at least one.
    #[must_use]
    pub fn with_retry_after(self, after: Duration) -> Self {
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        self.with_header(RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    /// Adds a member of its own to the document, for example OAuth's `error`.
    #[must_use]
    pub fn with_member(mut self, name: &'static str, value: Value) -> Self {
        self.0.members.push((name, value));
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The status that will be answered.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The sentence about this occurrence, if there is one.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// What is wrong with single fields.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The headers that the answer will carry besides type, length and cache control.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The JSON document.
    #[must_use]
    pub fn render(&self, instance: Option<&str>, request_id: Option<&str>) -> Bytes {
        let inner = &*self.0;
        let mut document = Map::new();
        document.insert("type".into(), inner.code.page().into());
        document.insert("title".into(), inner.code.title().into());
        document.insert("status".into(), inner.status.as_u16().into());
        let detail = inner.detail.as_deref().unwrap_or_else(|| inner.code.title());
        document.insert("detail".into(), detail.into());
        if let Some(instance) = instance {
            document.insert("instance".into(), instance.into());
        }
        document.insert("code".into(), inner.code.as_str().into());
        if let Some(request_id) = request_id {
            document.insert("request_id".into(), request_id.into());
        }
        if !inner.errors.is_empty() {
            let errors = inner.errors.iter().map(
                |error| serde_json::json!({"pointer": error.pointer, "code": error.code, "message": error.message}),
            );
            document.insert("errors".into(), errors.collect());
        }
        document.insert("retryable".into(), inner.code.retryable().into());
        for (name, value) in &inner.members {
            document.insert((*name).to_owned(), value.clone());
        }
        Value::Object(document).to_string().into()
    }

    /// The whole answer, for servers that do not use axum.
    #[must_use]
    pub fn into_http(self, instance: Option<&str>, request_id: Option<&str>) -> http::Response<Bytes> {
        let mut response = http::Response::new(self.render(instance, request_id));
        *response.status_mut() = self.0.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.0.headers);
        response
    }
}

impl IntoResponse for Problem {
    /// Also leaves the problem in the response's extensions, where [`crate::complete()`] finds it.
    fn into_response(self) -> Response {
        let mut response = self.clone().into_http(None, None).map(Body::from);
        response.extensions_mut().insert(self);
        response
    }
}

/// RFC 6750: an error attribute only if a token was sent.
fn challenge(code: Code) -> HeaderValue {
    HeaderValue::from_static(match code {
        Code::TokenInvalid | Code::TokenExpired | Code::SessionRevoked => "Bearer error=\"invalid_token\"",
        _ => "Bearer",
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_its_members_in_a_fixed_order() {
        let problem = Problem::new(Code::ValidationFailed)
            .with_error("/name", "too_long", "At most 3 characters.")
            .with_member("error", "invalid_request".into());
        let text = problem.render(Some("/users"), Some("r1"));
        let expected = r#"{"type":"/problems/validation_failed","title":"The request body is not valid","status":422,"detail":"The request body is not valid","instance":"/users","code":"validation_failed","request_id":"r1","errors":[{"pointer":"/name","code":"too_long","message":"At most 3 characters."}],"retryable":false,"error":"invalid_request"}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn retry_after_is_rounded_up_to_whole_seconds() {
        for (millis, seconds) in [(0, "1"), (1000, "1"), (1001, "2"), (60_000, "60")] {
            let problem = Problem::new(Code::Overloaded);
            let response = problem.with_retry_after(Duration::from_millis(millis)).into_http(None, None);
            assert_eq!(response.headers()[RETRY_AFTER], seconds);
            assert_eq!(response.headers()[CONTENT_TYPE], MEDIA_TYPE);
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        }
    }
}
