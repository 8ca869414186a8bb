//! Everything that can go wrong in this service, and the one place where it becomes a problem document.

use axum::response::{IntoResponse, Response};
use problem::{Code, Problem};
use sea_orm::DbErr;
use service::failure;

use crate::groups::{INVALIDATION, changed};

/// Why a request, or an operator's command, was not done. But for [`Error::TokenReused`], nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request itself is wrong; the problem says where.
    #[error("the request is not valid: {}", told(.0))]
    Invalid(Problem),
    /// Nobody is signed in.
    #[error("sign in first")]
    Unauthenticated,
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// No account has this name.
    #[error("there is no such user")]
    NoSuchUser,
    /// One cannot follow or block oneself.
    #[error("that is the caller's own account")]
    Oneself,
    /// The caller has blocked the account.
    #[error("the caller has blocked this account")]
    Blocked,
    /// The caller has no such session.
    #[error("there is no such session")]
    NoSuchSession,
    /// The username belongs, or belonged, to another account.
    #[error("the username is taken")]
    UsernameTaken,
    /// The e-mail address belongs to another account.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// No account has this login and password.
    #[error("login or password is wrong")]
    WrongCredentials,
    /// The password that has to be confirmed is wrong.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The refresh token is not good, or no longer.
    #[error("{0}")]
    InvalidGrant(&'static str),
    /// The refresh token was used before: the session that it belonged to has been ended.
    #[error("the refresh token was used before")]
    TokenReused {
        /// Whose session that was.
        user_id: i64,
    },
    /// `If-Match` names another version.
    #[error("the resource has changed")]
    Stale,
    /// Nobody could administer the system afterwards.
    #[error("this is the last active administrator")]
    LastAdministrator,
    /// More passwords wait to be checked than is sensible.
    #[error("too many passwords are being checked")]
    Busy,
    /// A password could not be hashed, or a hash not be read.
    #[error("the password hash failed: {0}")]
    Hash(String),
    /// The database refused or did not answer.
    #[error("the database failed: {0}")]
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
            Error::Unauthenticated => Self::new(Code::Unauthenticated),
            Error::Forbidden(why) => Self::new(Code::Forbidden).with_detail(why),
            Error::NoSuchUser => Self::new(Code::NotFound).with_detail("There is no such user."),
            Error::Oneself => {
                let told = "This is the caller's own account.";
                Self::new(Code::ValidationFailed).with_error("/username", "oneself", told)
            }
            Error::Blocked => Self::new(Code::Blocked),
            Error::NoSuchSession => Self::new(Code::NotFound).with_detail("There is no such session."),
            Error::UsernameTaken => taken(Code::UsernameTaken, "/username"),
            Error::EmailTaken => taken(Code::EmailTaken, "/email"),
            Error::WrongCredentials => Self::new(Code::InvalidCredentials),
            Error::WrongPassword => {
                let told = "The current password is wrong.";
                Self::new(Code::ValidationFailed).with_error("/current_password", "wrong_password", told)
            }
            Error::InvalidGrant(why) => Self::new(Code::InvalidGrant).with_detail(why),
            Error::TokenReused { user_id } => reused(user_id),
            Error::Stale => Self::new(Code::PreconditionFailed),
            Error::LastAdministrator => Self::new(Code::Conflict).with_detail("This is the last active administrator."),
            Error::Busy => Self::new(Code::Overloaded).with_retry_after(failure::BUSY),
            Error::Hash(error) => {
                tracing::error!(error, "passwords cannot be hashed");
                Self::new(Code::Internal)
            }
            Error::Database(error) => failure::database(&error),
        }
    }
}

fn taken(code: Code, pointer: &str) -> Problem {
    Problem::new(code).with_error(pointer, "taken", code.title())
}

/// The one refusal that changes something, so it says what.
fn reused(user_id: i64) -> Problem {
    let detail = "The refresh token was used before; its session has been ended.";
    let problem = Problem::new(Code::InvalidGrant).with_detail(detail);
    match changed::sessions_of(user_id).value() {
        Some(changed) => problem.with_header(INVALIDATION, changed),
        None => problem,
    }
}

fn told(problem: &Problem) -> String {
    let errors: Vec<&str> = problem.errors().iter().map(|error| error.message.as_str()).collect();
    if errors.is_empty() { problem.detail().unwrap_or(problem.code().title()).to_owned() } else { errors.join(" ") }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
