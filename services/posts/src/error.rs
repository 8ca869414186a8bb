//! Everything that can go wrong in this service, and the one place where it becomes a problem document.

use axum::response::{IntoResponse, Response};
use problem::{Code, Problem};
use sea_orm::DbErr;
use service::{failure, idempotency::Refused};

/// Why a request was not done. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request itself is wrong; the problem says where.
    #[error("the request is not valid: {}", .0.code())]
    Invalid(Problem),
    /// Nobody is signed in, or the account is gone.
    #[error("sign in first")]
    Unauthenticated,
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The caller has blocked whom this concerns.
    #[error("the caller has blocked the author")]
    Blocked,
    /// There is no such post, or the caller is not to see it.
    #[error("there is no such post")]
    NoSuchPost,
    /// There is no such comment under this post, or the caller is not to see it.
    #[error("there is no such comment")]
    NoSuchComment,
    /// `If-Match` names another version.
    #[error("the resource has changed")]
    Stale,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for something else")]
    KeyReused,
    /// The database refused or did not answer.
    #[error("the database failed: {0}")]
    Database(#[from] DbErr),
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Invalid(problem)
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Reused => Self::KeyReused,
            Refused::Database(error) => Self::Database(error),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(problem) => problem,
            Error::Unauthenticated => Self::new(Code::Unauthenticated),
            Error::Forbidden(why) => Self::new(Code::Forbidden).with_detail(why),
            Error::Blocked => Self::new(Code::Blocked).with_detail("You have blocked the author of this."),
            Error::NoSuchPost => Self::new(Code::NotFound).with_detail("There is no such post."),
            Error::NoSuchComment => Self::new(Code::NotFound).with_detail("There is no such comment under this post."),
            Error::Stale => Self::new(Code::PreconditionFailed),
            Error::KeyReused => Self::new(Code::IdempotencyKeyReused),
            Error::Database(error) => failure::database(&error),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
