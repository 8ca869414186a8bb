//! What becomes of an answer when a part of it fails: the table of statuses, as one match.

use std::time::Duration;

use http::{HeaderValue, StatusCode};
use problem::Code;
use upstream::Failure;

use super::Refusal;
use crate::error::GatewayError;

/// Why a part has no document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PartFailure {
    /// No usable answer arrived.
    Call(Failure),
    /// The service answered with an error.
    Status(StatusCode, Option<HeaderValue>),
    /// The service does not take what the client has sent.
    Refused(Box<Refusal>),
    /// The answer is not what can be put together: no JSON, or keys that are none.
    NotUsable,
    /// The answer is larger than a part may be.
    TooLarge,
    /// Its own program failed on it.
    Transform,
    /// It broke its contract, and the route insists on that.
    Contract,
    /// Another part that it needs has failed: which one, and why.
    Dependency(usize, Box<PartFailure>),
    /// More keys than one join looks up.
    TooManyKeys,
}

/// What a failure means where the part cannot be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Consequence {
    /// As when a plain route's service fails so.
    AsCall(Failure),
    /// 404.
    NotFound,
    /// 502 `identity_rejected`.
    IdentityRejected,
    /// 400: what the client has sent is refused.
    Refused(Box<Refusal>),
    /// 503: the service says that it has too much to do, or is away.
    Unavailable(Option<HeaderValue>),
    /// 502 with this code.
    Unusable(Code),
}

impl PartFailure {
    /// The code of the failure, as `_parts` shows it.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Call(failure) => call_code(*failure),
            Self::Status(StatusCode::UNAUTHORIZED, _) => Code::IdentityRejected,
            Self::Status(StatusCode::SERVICE_UNAVAILABLE, _) => Code::UpstreamUnavailable,
            Self::Status(StatusCode::TOO_MANY_REQUESTS, _) => Code::Overloaded,
            Self::Status(..) | Self::Dependency(..) => Code::PartFailed,
            Self::Refused(refusal) => refusal.code,
            Self::NotUsable | Self::TooLarge | Self::TooManyKeys => Code::UpstreamInvalid,
            Self::Transform => Code::TransformFailed,
            Self::Contract => Code::ContractViolation,
        }
    }

    /// What the failure of a required part means for the whole answer.
    pub(crate) fn consequence(&self) -> Consequence {
        match self {
            Self::Call(failure) => Consequence::AsCall(*failure),
            Self::Status(StatusCode::NOT_FOUND, _) => Consequence::NotFound,
            Self::Status(StatusCode::UNAUTHORIZED, _) => Consequence::IdentityRejected,
            Self::Status(StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS, retry_after) => {
                Consequence::Unavailable(retry_after.clone())
            }
            Self::Refused(refusal) => Consequence::Refused(refusal.clone()),
            Self::Status(..)
            | Self::NotUsable
            | Self::TooLarge
            | Self::TooManyKeys
            | Self::Transform
            | Self::Contract => Consequence::Unusable(self.code()),
            // As if the one that failed first could not be left out: so it does not matter which is noticed first.
            Self::Dependency(_, cause) => cause.consequence(),
        }
    }

    /// What the service refuses of the request, if that is why.
    pub(super) fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Dependency(_, cause) => cause.refusal(),
            _ => None,
        }
    }

    /// Whether there is no answer at all, or one for which an older one may stand in (RFC 5861, section 4).
    pub(super) fn is_no_answer(&self) -> bool {
        match self {
            Self::Call(_) => true,
            Self::Status(status, _) => matches!(status.as_u16(), 500 | 502..=504),
            Self::NotUsable
            | Self::Refused(_)
            | Self::TooLarge
            | Self::Transform
            | Self::Contract
            | Self::Dependency(..)
            | Self::TooManyKeys => false,
        }
    }

    /// The failure for want of the part `index`, which has failed itself for this reason.
    pub(super) fn for_want_of(index: usize, failure: &Self) -> Self {
        match failure {
            Self::Dependency(..) => failure.clone(),
            first => Self::Dependency(index, Box::new(first.clone())),
        }
    }

    /// The code of the whole answer, where the part cannot be left out.
    pub(crate) fn answered(&self) -> Code {
        match self.consequence() {
            Consequence::AsCall(failure) => call_code(failure),
            Consequence::NotFound => Code::NotFound,
            Consequence::IdentityRejected => Code::IdentityRejected,
            Consequence::Refused(refusal) => refusal.code,
            Consequence::Unavailable(_) => Code::UpstreamUnavailable,
            Consequence::Unusable(code) => code,
        }
    }
}

/// A part that is not as it should be.
pub(super) struct Lack {
    pub(super) index: usize,
    pub(super) failure: PartFailure,
    /// As `_parts` has it.
    pub(super) state: &'static str,
}

impl Lack {
    /// An older answer stands in for it.
    pub(super) const STALE: &str = "stale";

    pub(super) fn is_stale(&self) -> bool {
        self.state == Self::STALE
    }
}

/// The code that a plain route would answer with.
fn call_code(failure: Failure) -> Code {
    match failure {
        Failure::Dns
        | Failure::ConnectionRefused
        | Failure::ConnectionTimeout
        | Failure::Unreachable
        | Failure::ConnectionTerminated => Code::UpstreamUnavailable,
        Failure::ResponseTimeout => Code::UpstreamTimeout,
        Failure::ResponseIncomplete => Code::UpstreamIncomplete,
        Failure::ResponseTooLarge | Failure::ProtocolError => Code::UpstreamInvalid,
        Failure::RequestBody => Code::InvalidParameter,
        Failure::CircuitOpen(_) => Code::CircuitOpen,
        Failure::BulkheadFull => Code::BulkheadFull,
    }
}

/// The error of a whole answer for want of the part `name` of `service`.
pub(super) fn of_required(
    name: &str,
    service: &str,
    failure: &PartFailure,
    timeout_status: StatusCode,
) -> GatewayError {
    match failure.consequence() {
        Consequence::AsCall(failure) => GatewayError::Upstream { service: service.into(), failure, timeout_status },
        Consequence::IdentityRejected => GatewayError::IdentityRejected { service: service.into() },
        Consequence::NotFound => GatewayError::PartNotFound { part: name.into() },
        Consequence::Refused(refusal) => GatewayError::PartRefused { refusal },
        Consequence::Unavailable(retry_after) => {
            let retry_after = retry_after.unwrap_or_else(|| HeaderValue::from(RETRY_AFTER.as_secs()));
            GatewayError::PartUnavailable { part: name.into(), service: service.into(), retry_after }
        }
        Consequence::Unusable(code) => GatewayError::PartFailed { part: name.into(), service: service.into(), code },
    }
}

/// When to try again, where the service does not say.
const RETRY_AFTER: Duration = Duration::from_secs(2);
