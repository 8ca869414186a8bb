//! The closed list of problem codes: what each means, its status, and whether a retry is sensible.

use std::{fmt, str::FromStr};

use http::StatusCode;

macro_rules! codes {
    ($($variant:ident $text:literal $status:ident $retryable:literal $title:literal $explanation:literal)*) => {
        /// What went wrong, as a stable name. The list is closed: a client may match on all of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $explanation] $variant,)* }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name, in snake_case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The path of the page that explains this code; also the `type` of its documents.
            #[must_use]
            pub const fn page(self) -> &'static str {
                match self { $(Self::$variant => concat!("/problems/", $text)),* }
            }

            /// The status that answers with this code carry unless they say otherwise.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),* }
            }

            /// A short human sentence, the same for every occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }

            /// A paragraph for the page of this code: what happened and what to do.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $explanation),* }
            }

            /// Whether the same request may succeed later without being changed.
            #[must_use]
            pub const fn retryable(self) -> bool {
                match self { $(Self::$variant => $retryable),* }
            }
        }
    };
}

codes! {
    InvalidParameter "invalid_parameter" BAD_REQUEST false "A parameter is not valid"
        "A value in the path, the query or a header does not parse or is out of range. `errors` names the parameter and says what it may be."
    InvalidCursor "invalid_cursor" BAD_REQUEST false "The cursor is not valid"
        "The cursor was not issued by this endpoint, was changed, or belongs to other filters. Start again without a cursor; never build one yourself."
    InvalidInclude "invalid_include" BAD_REQUEST false "An include or a field is not known"
        "`include` or `fields` names something that this endpoint does not offer. `errors` suggests the nearest name."
    ValidationFailed "validation_failed" UNPROCESSABLE_ENTITY false "The request body is not valid"
        "The body is well-formed, but one or more of its fields are unknown, missing or not acceptable. `errors` has one entry per field, with a JSON pointer. Nothing was stored."
    MalformedJson "malformed_json" BAD_REQUEST false "The request body is not JSON"
        "The body could not be parsed as JSON. `detail` says where parsing stopped."
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE false "The media type is not supported"
        "The `Content-Type` of the request is missing or is not one that this operation reads."
    NotAcceptable "not_acceptable" NOT_ACCEPTABLE false "No acceptable representation"
        "Nothing that this endpoint can produce is acceptable according to the request's `Accept` headers."
    PayloadTooLarge "payload_too_large" PAYLOAD_TOO_LARGE false "The request body is too large"
        "The body is larger than this operation takes. `detail` names the limit in bytes."
    UriTooLong "uri_too_long" URI_TOO_LONG false "The URI is too long"
        "Path and query together are longer than the gateway accepts."
    Unauthenticated "unauthenticated" UNAUTHORIZED false "Sign in first"
        "This operation needs a signed-in caller and the request carried no credentials."
    TokenInvalid "token_invalid" UNAUTHORIZED false "The access token is not valid"
        "The access token is malformed, was not issued here, or is meant for something else. Sign in again."
    TokenExpired "token_expired" UNAUTHORIZED false "The access token has expired"
        "The access token is past its lifetime. Use the refresh token to get a new one."
    SessionRevoked "session_revoked" UNAUTHORIZED false "The session has ended"
        "The session behind this token was ended by a logout, a password change or an administrator. Sign in again."
    InvalidCredentials "invalid_credentials" UNAUTHORIZED false "Login or password is wrong"
        "No active account has this login and password. Which of them is wrong is deliberately not said."
    InvalidGrant "invalid_grant" BAD_REQUEST false "The grant is not valid"
        "The refresh token (or password grant) is unknown, expired, revoked, or was used before. Using a refresh token twice ends its session. Sign in again."
    Forbidden "forbidden" FORBIDDEN false "This is not allowed"
        "The caller is known and may not do this."
    Blocked "blocked" FORBIDDEN false "One of you has blocked the other"
        "A block between the two accounts forbids this."
    NotFound "not_found" NOT_FOUND false "There is no such thing"
        "The address is right in form, but what it names does not exist, no longer exists, or is not visible to the caller."
    RouteNotFound "route_not_found" NOT_FOUND false "There is no such endpoint"
        "No endpoint has this path. The document at `/openapi.json` lists them all."
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED false "The endpoint does not have this method"
        "The path exists with other methods; the header `Allow` lists them."
    Conflict "conflict" CONFLICT false "The request conflicts with the current state"
        "What was asked cannot be done in the present state. Read the resource again and decide."
    UsernameTaken "username_taken" CONFLICT false "The username is taken"
        "Another account has, or had, this username. Usernames are never given out twice."
    EmailTaken "email_taken" CONFLICT false "The e-mail address is taken"
        "Another account uses this e-mail address."
    PreconditionFailed "precondition_failed" PRECONDITION_FAILED false "The resource has changed"
        "The `If-Match` of the request does not name the current version. Read the resource again, apply the change to what you find, and send its new `ETag`."
    InsufficientStock "insufficient_stock" CONFLICT false "There is not enough in stock"
        "Fewer pieces are left than were asked for. Nothing was reserved and nothing was charged."
    ReservationExpired "reservation_expired" CONFLICT false "The reservation has expired"
        "The pieces were held for a limited time, which is over. Reserve again."
    OrderNotPayable "order_not_payable" CONFLICT false "The order cannot be paid"
        "The order is already paid, cancelled or expired."
    AmountMismatch "amount_mismatch" UNPROCESSABLE_ENTITY false "The amount is not the order's total"
        "A payment captures exactly the total of its order. Leave the amount out to pay the total."
    PaymentDeclined "payment_declined" PAYMENT_REQUIRED false "The payment was declined"
        "The payment method refused. Nothing was charged; try another method."
    IdempotencyKeyRequired "idempotency_key_required" BAD_REQUEST false "An idempotency key is required"
        "This operation must carry the header `Idempotency-Key`, so that a retry cannot happen twice."
    IdempotencyKeyReused "idempotency_key_reused" UNPROCESSABLE_ENTITY false "The idempotency key was used for something else"
        "The same key came with a different request. Use a new key for a new request."
    IdempotencyInFlight "idempotency_in_flight" CONFLICT true "The first request with this key is not finished"
        "A request with this idempotency key is still being worked on. Ask again shortly."
    RateLimited "rate_limited" TOO_MANY_REQUESTS true "Too many requests"
        "The caller is over its quota. The header `Retry-After` says when to come back."
    LoginThrottled "login_throttled" TOO_MANY_REQUESTS true "Too many failed logins"
        "Several logins to this account failed in a row. The header `Retry-After` says when the next try is accepted."
    UpstreamUnavailable "upstream_unavailable" SERVICE_UNAVAILABLE true "The service does not respond"
        "The service behind this endpoint could not be reached or closed the connection. The header `Proxy-Status` names the cause, `Retry-After` when to try again."
    UpstreamTimeout "upstream_timeout" SERVICE_UNAVAILABLE true "The service did not respond in time"
        "The service behind this endpoint was reached but did not answer within its time. A write may have happened: read before you repeat it."
    UpstreamInvalid "upstream_invalid" BAD_GATEWAY false "The service's answer cannot be used"
        "The service behind this endpoint answered with something that is not a valid answer."
    UpstreamIncomplete "upstream_incomplete" BAD_GATEWAY true "The service's answer was cut off"
        "The service behind this endpoint began to answer and stopped before the end."
    CircuitOpen "circuit_open" SERVICE_UNAVAILABLE true "The service is being left alone"
        "The service behind this endpoint failed repeatedly and is not called for a short while. `Retry-After` says for how long."
    BulkheadFull "bulkhead_full" SERVICE_UNAVAILABLE true "The service is busy"
        "Too many requests to the service behind this endpoint are in flight already."
    Overloaded "overloaded" SERVICE_UNAVAILABLE true "The system is busy"
        "More work is queued than is sensible to accept. `Retry-After` says when to try again."
    IdentityRejected "identity_rejected" BAD_GATEWAY false "The service did not accept the gateway's identity"
        "Gateway and service disagree about their shared key. This is a fault of the installation, not of the request."
    ContractViolation "contract_violation" BAD_GATEWAY false "The service broke its contract"
        "The service's answer does not have the shape that its published contract declares."
    TransformFailed "transform_failed" BAD_GATEWAY false "The answer could not be reshaped"
        "The service answered, but its answer could not be turned into this endpoint's shape."
    PartFailed "part_failed" BAD_GATEWAY true "A required part failed"
        "This answer is put together from several services and one that cannot be left out failed."
    OutcomeUnknown "outcome_unknown" SERVICE_UNAVAILABLE false "It is not known whether it happened"
        "The connection to the service was lost after the request was sent. Read the resource before repeating the request."
    Internal "internal" INTERNAL_SERVER_ERROR false "Something went wrong on our side"
        "An unexpected error. It has been logged under the request id of this document."
}

impl Code {
    /// The code that says the most about an error status of unknown origin.
    #[must_use]
    pub fn for_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 | 410 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            406 => Self::NotAcceptable,
            408 | 504 => Self::UpstreamTimeout,
            409 => Self::Conflict,
            412 => Self::PreconditionFailed,
            413 => Self::PayloadTooLarge,
            414 => Self::UriTooLong,
            415 => Self::UnsupportedMediaType,
            422 => Self::ValidationFailed,
            429 => Self::RateLimited,
            502 => Self::UpstreamInvalid,
            503 => Self::UpstreamUnavailable,
            400..=499 => Self::InvalidParameter,
            _ => Self::Internal,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A text that is no problem code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCode(pub String);

impl fmt::Display for UnknownCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` is no problem code", self.0)
    }
}

impl std::error::Error for UnknownCode {}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let found = Self::ALL.iter().find(|code| code.as_str() == text);
        found.copied().ok_or_else(|| UnknownCode(text.to_owned()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_code_parses_back_from_its_name_and_is_an_error() {
        for code in Code::ALL {
            assert_eq!(code.as_str().parse::<Code>().unwrap(), *code);
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(code.explanation().ends_with('.') && !code.title().ends_with('.'));
        }
        assert_eq!("nonsense".parse::<Code>(), Err(UnknownCode("nonsense".to_owned())));
    }
}
