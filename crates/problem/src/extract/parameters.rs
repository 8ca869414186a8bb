//! Parameters of the query and of the path: what does not parse is 400 `invalid_parameter`.

use axum::{
    RequestPartsExt,
    extract::{FromRequestParts, path::ErrorKind, rejection::PathRejection},
};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::reason;
use crate::{Code, Problem};

/// The parameters of the query string. Unknown ones are refused only if `T` denies them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        super::form::parse(query).map(Self).map_err(|mut entry| {
            entry.pointer = entry.pointer.trim_start_matches('/').to_owned();
            entry.code = entry.code.replace("unknown_field", "unknown_parameter");
            entry.message = entry.message.replace("no field", "no parameter").replace("This field", "This parameter");
            Problem::new(Code::InvalidParameter).with_detail(entry.message.clone()).with_errors(vec![entry])
        })
    }
}

/// The parameters of the path.
#[derive(Clone, Copy, Debug, Default)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send + 'static, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extract::<axum::extract::Path<T>>().await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => Err(path_problem(error.kind())),
            Err(_) => Err(Problem::new(Code::Internal)),
        }
    }
}

fn path_problem(kind: &ErrorKind) -> Problem {
    let name = match kind {
        ErrorKind::ParseErrorAtKey { key, .. }
        | ErrorKind::InvalidUtf8InPathParam { key }
        | ErrorKind::DeserializeError { key, .. } => key.as_str(),
        ErrorKind::UnsupportedType { .. } => return Problem::new(Code::Internal),
        _ => "path",
    };
    let message = reason::spoken(&kind.to_string());
    Problem::new(Code::InvalidParameter).with_detail(message.clone()).with_error(name, "invalid_value", message)
}
