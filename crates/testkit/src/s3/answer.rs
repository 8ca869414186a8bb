//! What is refused, and how it is told.

use std::fmt::Write as _;

use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header::CONTENT_TYPE};

/// Why a request is not done: a status, and a code of the S3 API reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) StatusCode, pub(super) &'static str);

pub(super) const DENIED: Refusal = Refusal(StatusCode::FORBIDDEN, "AccessDenied");
pub(super) const UNKNOWN_KEY: Refusal = Refusal(StatusCode::FORBIDDEN, "InvalidAccessKeyId");
pub(super) const WRONG_SIGNATURE: Refusal = Refusal(StatusCode::FORBIDDEN, "SignatureDoesNotMatch");
pub(super) const WRONG_TIME: Refusal = Refusal(StatusCode::FORBIDDEN, "RequestTimeTooSkewed");
pub(super) const MALFORMED: Refusal = Refusal(StatusCode::BAD_REQUEST, "AuthorizationHeaderMalformed");
pub(super) const OTHER_BODY: Refusal = Refusal(StatusCode::BAD_REQUEST, "XAmzContentSHA256Mismatch");
pub(super) const INCOMPLETE: Refusal = Refusal(StatusCode::BAD_REQUEST, "IncompleteBody");
pub(super) const INVALID: Refusal = Refusal(StatusCode::BAD_REQUEST, "InvalidRequest");
pub(super) const MALFORMED_XML: Refusal = Refusal(StatusCode::BAD_REQUEST, "MalformedXML");
pub(super) const NO_BUCKET: Refusal = Refusal(StatusCode::NOT_FOUND, "NoSuchBucket");
pub(super) const NO_KEY: Refusal = Refusal(StatusCode::NOT_FOUND, "NoSuchKey");
pub(super) const NO_RANGE: Refusal = Refusal(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange");
pub(super) const INTERNAL: Refusal = Refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalError");
pub(super) const NOT_IMPLEMENTED: Refusal = Refusal(StatusCode::NOT_IMPLEMENTED, "NotImplemented");

impl Refusal {
    /// It, as it is sent.
    pub(super) fn response(self) -> Response {
        (self.0, document(&format!("<Error><Code>{}</Code></Error>", self.1))).into_response()
    }
}

/// An answer with this element.
pub(super) fn document(element: &str) -> Response {
    let declared = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{element}");
    ([(CONTENT_TYPE, "application/xml")], declared).into_response()
}

/// An element with a text.
pub(super) fn element(name: &str, text: &str) -> String {
    let mut written = format!("<{name}>");
    for letter in text.chars() {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            letter => written.push(letter),
        }
    }
    let _ = write!(written, "</{name}>");
    written
}

/// The texts of all elements of this name that have nothing but a text.
pub(super) fn texts(document: &str, name: &str) -> Vec<String> {
    let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
    let inside = document.split(&begin).skip(1).filter_map(|rest| rest.split_once(&end));
    inside.map(|(text, _)| plain(text)).collect()
}

fn plain(text: &str) -> String {
    let named = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    named.replace("&amp;", "&")
}
