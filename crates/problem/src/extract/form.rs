//! Bodies of HTML forms and of OAuth 2.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::{json, reason};
use crate::{Code, FieldError, Problem};

/// A body of the type `application/x-www-form-urlencoded`.
///
/// Rejects like [`crate::Json`]; unknown fields are refused only if `T` denies them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let media = json::media_type(request.headers());
        if media.is_none_or(|media| media.essence_str() != "application/x-www-form-urlencoded") {
            let detail = "Send the body with `Content-Type: application/x-www-form-urlencoded`.";
            return Err(Problem::new(Code::UnsupportedMediaType).with_detail(detail));
        }
        let body = json::read(request).await?;
        let body = String::from_utf8_lossy(&body);
        parse(&body).map(Self).map_err(|entry| Problem::new(Code::ValidationFailed).with_errors(vec![entry]))
    }
}

/// Pairs `name=value` joined by `&`, or the entry of the first that does not fit.
pub(super) fn parse<T: DeserializeOwned>(pairs: &str) -> Result<T, FieldError> {
    let pairs = form_urlencoded::parse(pairs.as_bytes());
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs))
        .map_err(|error| reason::field_error(error.path(), &error.inner().to_string()))
}
