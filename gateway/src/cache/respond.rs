//! A kept answer on its way to a client.

use bytes::Bytes;
use http::header::AGE;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use super::conditional::{self, Given};
use super::entry::Entry;
use super::status;
use crate::body::Source;
use crate::error::GatewayError;
use crate::fields::{self, Names};

/// The request as far as it decides what is given of an answer.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) method: &'a Method,
    pub(super) headers: &'a HeaderMap,
    /// Whether a field says anything about that; few do.
    pub(super) is_particular: bool,
}

impl<'a> Wanted<'a> {
    pub(super) fn new(method: &'a Method, headers: &'a HeaderMap, names: &Names) -> Self {
        Self { method, headers, is_particular: names.has(Names::ABOUT_ANSWERS) }
    }
}

/// The fields of `entry` as they are given `now`, with the word of what the cache did.
pub(super) fn head(entry: &Entry, now: i64, status: HeaderValue) -> HeaderMap {
    let mut headers = entry.headers.clone();
    if let Some(age) = fields::value([itoa::Buffer::new().format(entry.age(now))]) {
        headers.insert(AGE, age);
    }
    status::say(&mut headers, status);
    headers
}

/// Gives `entry` to a client, with the fields of its [`head`].
pub(super) fn respond(
    entry: &Entry,
    wanted: Wanted<'_>,
    mut headers: HeaderMap,
) -> Result<Response<Source>, GatewayError> {
    let (code, body) = given(entry, wanted, &mut headers)?;
    let mut response = Response::new(Source::from(body));
    *response.status_mut() = code;
    *response.headers_mut() = headers;
    Ok(response)
}

fn given(entry: &Entry, wanted: Wanted<'_>, headers: &mut HeaderMap) -> Result<(StatusCode, Bytes), GatewayError> {
    if !wanted.is_particular || entry.status != StatusCode::OK || !entry.validates {
        return Ok((entry.status, entry.body.clone()));
    }
    match conditional::given(wanted.headers, headers, entry.body.len(), wanted.method == Method::HEAD) {
        Given::Whole => Ok((entry.status, entry.body.clone())),
        Given::Unsatisfiable => Err(GatewayError::Range { length: entry.body.len() }),
        other => Ok(conditional::apply(&other, headers, &entry.body)),
    }
}
