//! Everything that can go wrong in one of the gateway's own operations, and the problem document that it becomes.

use axum::response::{IntoResponse, Response};
use problem::{Code, Problem};

use super::access::AccessError;
use super::throttle::Wait;
use crate::error::GatewayError;

/// Why an operation is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthError {
    /// users did not answer, or does not accept the gateway's assertion.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// users answered with something that is not in its contract.
    #[error("{0}")]
    Unusable(&'static str),
    /// users refused, for a reason that concerns the client.
    #[error("users refused: {0:?}")]
    Refused(Problem),
    /// There is no refresh token, or it is not one of ours.
    #[error("no refresh token of ours")]
    InvalidGrant,
    /// The account has to wait after failed logins.
    #[error("too many failed logins")]
    Throttled(Wait),
    /// A page of another origin makes a browser use its cookie.
    #[error("a foreign origin uses the cookie")]
    ForeignOrigin,
    /// A key or the random number generator failed.
    #[error("a token cannot be made: {0}")]
    Minting(&'static str),
}

impl AuthError {
    /// Whether users found a password to be wrong: that of a login, or the current one of somebody signed in.
    pub(crate) fn is_wrong_password(&self) -> bool {
        match self {
            Self::Refused(problem) => {
                problem.code() == Code::InvalidCredentials
                    || problem.errors().iter().any(|error| error.code == "wrong_password")
            }
            _ => false,
        }
    }

    /// The problem code, if users chose it.
    pub(crate) fn refused_with(&self) -> Option<Code> {
        match self {
            Self::Refused(problem) => Some(problem.code()),
            _ => None,
        }
    }
}

impl From<AccessError> for AuthError {
    fn from(error: AccessError) -> Self {
        Self::Gateway(GatewayError::Access(error))
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Gateway(error) => error.into(),
            AuthError::Unusable(_) => {
                Self::new(Code::UpstreamInvalid).with_detail("The answer of the service 'users' cannot be used.")
            }
            AuthError::Refused(problem) => problem,
            AuthError::InvalidGrant => Self::new(Code::InvalidGrant)
                .with_detail("There is no valid refresh token in the request. Log in again."),
            AuthError::Throttled(Wait(wait)) => Self::new(Code::LoginThrottled)
                .with_detail("Several attempts with a wrong password came in a row. Wait before the next one.")
                .with_retry_after(wait),
            AuthError::ForeignOrigin => {
                Self::new(Code::Forbidden).with_detail("The session cookie works only for pages of this origin.")
            }
            AuthError::Minting(_) => Self::new(Code::Internal),
        }
    }
}

impl IntoResponse for AuthError {
    fn into_response(self) -> Response {
        if matches!(self, Self::Minting(_) | Self::Unusable(_)) {
            tracing::error!(error = %self, "an operation of the gateway failed");
        }
        Problem::from(self).into_response()
    }
}
