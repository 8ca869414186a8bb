//! Everything that can go wrong in this service, and the one place where it becomes a problem document.

use axum::response::{IntoResponse, Response};
use problem::{Code, Problem};
use sea_orm::DbErr;
use service::failure;

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The request itself is wrong; the problem says where.
    #[error("the request is not valid")]
    Invalid(Problem),
    /// No post has this tag.
    #[error("there is no such tag")]
    NoSuchTag,
    /// The database refused or did not answer.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Invalid(problem)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(problem) => problem,
            Error::NoSuchTag => Self::new(Code::NotFound).with_detail("No post has this tag."),
            Error::Database(error) => failure::database(&error),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
