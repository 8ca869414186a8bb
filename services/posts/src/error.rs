//! Everything that can go wrong in this service, and the one place where it becomes a problem document.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use problem::{Code, Problem};
use sea_orm::DbErr;
use service::{failure, idempotency::Refused};

use crate::files;

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
    /// The caller has no such picture.
    #[error("the caller has no such picture")]
    NoSuchMedia,
    /// There is no such file.
    #[error("there is no such file")]
    NoSuchFile,
    /// A file has no such piece.
    #[error("the file has no such piece")]
    NoSuchPiece,
    /// The caller has no picture of their own.
    #[error("the account has no picture")]
    NoAvatar,
    /// A post has the picture.
    #[error("a post has the picture")]
    InUse,
    /// A post has taken or left the picture just now.
    #[error("a post has taken or left the picture at the same moment")]
    Moved,
    /// What was sent becomes no picture.
    #[error("{pointer}: {refused}")]
    Picture {
        /// The field.
        pointer: String,
        /// Why.
        refused: picture::Refused,
    },
    /// The pictures of the account would take too much.
    #[error("{used} and {more} bytes are more than {quota}")]
    OverQuota {
        /// Bytes that they take.
        used: i64,
        /// Bytes of the new one.
        more: i64,
        /// What they may take.
        quota: i64,
    },
    /// Too much is being uploaded.
    #[error("too much is being uploaded")]
    Busy,
    /// A file takes too long to arrive.
    #[error("a file did not arrive in time")]
    Slow,
    /// What was stored was swept away before it was used: somebody gave up the same picture at the same moment.
    #[error("the files were swept away before they were used")]
    Swept,
    /// The store of files refused or did not answer.
    #[error("the store of files failed: {0}")]
    Files(object_store::Error),
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

/// Of who reads a file; whoever stores or removes one has no use for "there is no such file".
impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        match &error {
            // S3 says 404 of both, and its word for the bucket in the body.
            object_store::Error::NotFound { source, .. } if !source.to_string().contains("NoSuchBucket") => {
                Self::NoSuchFile
            }
            _ => Self::Files(error),
        }
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
            Error::NoSuchMedia => Self::new(Code::NotFound).with_detail("You have no such picture."),
            Error::NoSuchFile => Self::new(Code::NotFound).with_detail("There is no such file."),
            Error::NoSuchPiece => Self::new(Code::InvalidParameter)
                .with_status(StatusCode::RANGE_NOT_SATISFIABLE)
                .with_detail("The file has no such piece."),
            Error::NoAvatar => Self::new(Code::NotFound).with_detail("You have no picture."),
            Error::InUse => Self::new(Code::Conflict).with_detail("A post has this picture."),
            Error::Moved => {
                Self::new(Code::Conflict).with_detail("A post has taken or left this picture at the same moment.")
            }
            Error::Picture { pointer, refused } => not_a_picture(pointer, refused),
            Error::OverQuota { used, more, quota } => Self::new(Code::Conflict)
                .with_detail(format!(
                    "Your pictures take {used} bytes and this one {more}; you have {quota}. Delete some first."
                ))
                .with_member("quota", quota.into())
                .with_member("used", used.into()),
            Error::Busy => busy("Too much is being uploaded at the moment."),
            Error::Slow => Self::new(Code::UpstreamTimeout)
                .with_status(StatusCode::REQUEST_TIMEOUT)
                .with_detail("A file did not arrive within two minutes."),
            Error::Swept => busy("Somebody gave up the same picture at the same moment."),
            Error::Files(error) => {
                tracing::error!(error = files::told(&error), "the store of files failed");
                busy("Pictures cannot be stored or read at the moment.")
            }
            Error::Stale => Self::new(Code::PreconditionFailed),
            Error::KeyReused => Self::new(Code::IdempotencyKeyReused),
            Error::Database(error) => failure::database(&error),
        }
    }
}

fn busy(why: &str) -> Problem {
    Problem::new(Code::Overloaded).with_detail(why).with_retry_after(failure::BUSY)
}

/// What is wrong with a file. Why a file is broken is for the log, since some of it may be what the file says.
fn not_a_picture(pointer: String, refused: picture::Refused) -> Problem {
    use picture::Refused;
    let sentence = format!("{refused}.");
    let invalid = |code: &str, message: String| Problem::new(Code::ValidationFailed).with_error(pointer, code, message);
    match refused {
        Refused::NotAnImage => Problem::new(Code::UnsupportedMediaType)
            .with_detail("Send a JPEG, PNG, WebP or GIF: the file does not begin as one does."),
        Refused::TooManyBytes { limit, .. } => Problem::new(Code::PayloadTooLarge)
            .with_detail(format!("A file may have at most {limit} bytes."))
            .with_member("limit", limit.into()),
        Refused::TooLong { .. } | Refused::TooManyPixels { .. } => invalid("too_many_pixels", capitalised(&sentence)),
        Refused::Broken { reason } => {
            tracing::debug!(reason, "a file could not be decoded");
            invalid("broken_image", "The image is broken, or of a kind that cannot be read.".to_owned())
        }
        Refused::Failed { reason } => {
            tracing::error!(reason, "a picture could not be made");
            Problem::new(Code::Internal)
        }
    }
}

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
