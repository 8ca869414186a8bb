//! JSON bodies: read within a limit, typed strictly, refused with a pointer.

use axum::{
    body::Body,
    extract::{FromRequest, OptionalFromRequest, Request},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use serde::{Serialize, de::DeserializeOwned, de::IgnoredAny};

use super::reason;
use crate::{Code, Problem};

/// The largest body that [`Json`] and [`crate::Form`] read unless a [`BodyLimit`] says otherwise.
pub const JSON_LIMIT: usize = 1 << 20;

/// A request extension: the largest body, in bytes, that the extractors of this crate read.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

/// A JSON object as body (`application/json` or `application/…+json`), and any JSON as answer.
///
/// Rejects with 415 `unsupported_media_type`, 413 `payload_too_large`, 400 `malformed_json`, or
/// 422 `validation_failed` with a JSON pointer to the field.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !media_type(request.headers()).is_some_and(|media| is_json(&media)) {
            return Err(Problem::new(Code::UnsupportedMediaType)
                .with_detail("Send the body with `Content-Type: application/json`."));
        }
        parse(&read(request).await?).map(Self)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    /// `None` if the request has neither a body nor a content type.
    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        if request.headers().contains_key(CONTENT_TYPE) {
            return <Self as FromRequest<S>>::from_request(request, state).await.map(Some);
        }
        if read(request).await?.is_empty() {
            return Ok(None);
        }
        Err(Problem::new(Code::UnsupportedMediaType)
            .with_detail("Send the body with `Content-Type: application/json`."))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                let mut response = Response::new(Body::from(body));
                let json = HeaderValue::from_static("application/json");
                response.headers_mut().insert(CONTENT_TYPE, json);
                response
            }
            Err(_) => Problem::new(Code::Internal).into_response(),
        }
    }
}

pub(super) fn media_type(headers: &HeaderMap) -> Option<mime::Mime> {
    headers.get(CONTENT_TYPE)?.to_str().ok()?.parse().ok()
}

fn is_json(media: &mime::Mime) -> bool {
    let charset = media.get_param(mime::CHARSET);
    media.type_() == mime::APPLICATION
        && (media.subtype() == mime::JSON || media.suffix() == Some(mime::JSON))
        && charset.is_none_or(|charset| charset == mime::UTF_8)
}

/// Reads a body up to the limit of the request.
pub(super) async fn read(request: Request) -> Result<Bytes, Problem> {
    let limit = request.extensions().get().map_or(JSON_LIMIT, |BodyLimit(limit)| *limit);
    let mut body = request.into_body();
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|_| Problem::new(Code::MalformedJson).with_detail("The body ended before its announced end."))?;
        let Ok(data) = frame.into_data() else { continue };
        if read.len() + data.len() > limit {
            return Err(Problem::new(Code::PayloadTooLarge)
                .with_detail(format!("The body may have at most {limit} bytes."))
                .with_member("limit", limit.into()));
        }
        read.extend_from_slice(&data);
    }
    Ok(read.freeze())
}

/// A broken document is 400 wherever it breaks; only a whole one is judged by its fields. Serde
/// would also read a struct from an array, which no contract mentions.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice::<IgnoredAny>(body).map_err(|error| malformed(&error))?;
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::new(Code::ValidationFailed).with_error(
            "",
            "invalid_type",
            "The body must be a JSON object.",
        ));
    }
    let reader = &mut serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(reader).map_err(|error| {
        if !error.inner().is_data() {
            return malformed(error.inner());
        }
        let entry = reason::field_error(error.path(), &error.inner().to_string());
        Problem::new(Code::ValidationFailed).with_errors(vec![entry])
    })
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(Code::MalformedJson).with_detail(reason::sentence(&error.to_string()))
}
