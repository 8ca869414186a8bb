//! Everything that can go wrong in the pipeline, and the problem document that each becomes.

use std::time::Duration;

use http::{HeaderName, HeaderValue, StatusCode, header};
use problem::{Code, FieldError, Problem};
use upstream::Failure;

use crate::auth::AccessError;
use crate::compose::Refusal;
use crate::fields::PSEUDONYM;
use crate::form::FormError;
use crate::guard;
use crate::plan::Breach;
use transform::TransformError;

const PROXY_STATUS: HeaderName = HeaderName::from_static("proxy-status");

/// When a client may try again after a service did not respond.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// When a client may try again where there is only too much to do.
const WHEN_BUSY: Duration = Duration::from_secs(1);

/// Why a request is not answered by its route.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum GatewayError {
    #[error("refused by the guard: {0}")]
    Refused(#[from] guard::Refusal),
    #[error("no route has this path")]
    RouteNotFound,
    #[error("no route has this path with this method")]
    MethodNotAllowed { allow: HeaderValue },
    #[error("not allowed: {0:?}")]
    Access(AccessError),
    #[error("the caller is over its quota")]
    RateLimited { wait: Duration },
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge { limit: u64 },
    #[error("the form is not taken: {0}")]
    Form(#[from] FormError),
    #[error("{service}: {failure}")]
    Upstream { service: Box<str>, failure: Failure, timeout_status: StatusCode },
    #[error("too many requests wait for services")]
    Overloaded,
    #[error("the service answered with {status}, which its contract does not declare")]
    Undeclared { status: StatusCode, retry_after: Option<HeaderValue> },
    #[error("{service} does not accept the gateway's assertion")]
    IdentityRejected { service: Box<str> },
    #[error("`include` or `fields` names what is not offered")]
    Include { errors: Vec<FieldError> },
    #[error("the {place} parameter {name} is missing or cannot be used")]
    Missing { name: Box<str>, place: &'static str },
    #[error("the {place} parameter {name} is not what it has to be: {}", breach.code)]
    Parameter { name: Box<str>, place: &'static str, breach: Breach },
    #[error("a part refuses what the client has sent")]
    PartRefused { refusal: Box<Refusal> },
    #[error("the body has no usable {field}")]
    BodyField { field: Box<str> },
    #[error("the body does not have the form that the route makes something of")]
    BodyShape,
    #[error("the body is not JSON")]
    MalformedBody,
    #[error("the body is of no media type that this route reads")]
    MediaType,
    #[error("the part {part} does not exist")]
    PartNotFound { part: Box<str> },
    #[error("{service} has no time for the part {part}")]
    PartUnavailable { part: Box<str>, service: Box<str>, retry_after: HeaderValue },
    #[error("the part {part} of {service} failed: {code}")]
    PartFailed { part: Box<str>, service: Box<str>, code: Code },
    #[error("no part could be had")]
    NoPart,
    #[error("the part {part} is missing ({code}), and the client wants a whole answer")]
    Incomplete { part: Box<str>, code: Code },
    #[error("the composed answer is too large")]
    ComposedTooLarge,
    #[error("a transform failed: {0}")]
    Transform(TransformError),
    #[error("{service}.{operation} is not as its contract says")]
    ContractBroken { service: Box<str>, operation: Box<str> },
    #[error("nothing is kept that could be given, and the client wants nothing else")]
    NotKept,
    #[error("the answer has {length} bytes, and no such range")]
    Range { length: usize },
}

impl GatewayError {
    /// The status of its problem.
    pub(crate) fn status(&self) -> StatusCode {
        Problem::from(self.clone()).status()
    }
}

impl From<GatewayError> for Problem {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Refused(refusal) => refused(refusal),
            GatewayError::RouteNotFound => Self::new(Code::RouteNotFound)
                .with_detail("There is nothing at this path. The API is described at /docs."),
            GatewayError::MethodNotAllowed { allow } => {
                Self::new(Code::MethodNotAllowed).with_header(header::ALLOW, allow)
            }
            GatewayError::Access(error) => error.into(),
            GatewayError::RateLimited { wait } => rate_limited(wait),
            GatewayError::BodyTooLarge { limit } => {
                Self::new(Code::PayloadTooLarge).with_detail(format!("The body may have at most {limit} bytes."))
            }
            GatewayError::Form(refusal) => refusal.into(),
            GatewayError::Upstream { service, failure, timeout_status } => {
                unanswered(&service, failure, timeout_status)
            }
            GatewayError::Overloaded => Self::new(Code::Overloaded)
                .with_detail("Too many requests wait for services already. Try again shortly.")
                .with_retry_after(WHEN_BUSY),
            GatewayError::Undeclared { status, retry_after } => undeclared(status, retry_after),
            GatewayError::IdentityRejected { .. } => Self::new(Code::IdentityRejected),
            GatewayError::Include { errors } => Self::new(Code::InvalidInclude).with_errors(errors),
            GatewayError::Missing { name, place } => Self::new(Code::InvalidParameter)
                .with_detail(format!("The {place} parameter `{name}` is needed."))
                .with_error(&*name, "missing", "This is needed."),
            GatewayError::Parameter { name, place, breach } => Self::new(Code::InvalidParameter)
                .with_detail(format!("The {place} parameter `{name}` is refused. {}", breach.message))
                .with_error(&*name, breach.code, breach.message),
            GatewayError::PartRefused { refusal } => Self::new(refusal.code).with_errors(refusal.errors),
            GatewayError::BodyField { field } => Self::new(Code::ValidationFailed).with_error(
                &*field,
                "missing",
                "This is needed, as a text or a number.",
            ),
            GatewayError::BodyShape => Self::new(Code::ValidationFailed)
                .with_detail("The body does not have the form that is described at /docs."),
            GatewayError::MalformedBody => Self::new(Code::MalformedJson),
            GatewayError::MediaType => {
                Self::new(Code::UnsupportedMediaType).with_detail("Send `Content-Type: application/json`, or a form.")
            }
            GatewayError::PartNotFound { part } => {
                Self::new(Code::NotFound).with_detail(format!("The part `{part}` of this answer does not exist."))
            }
            GatewayError::PartUnavailable { part, service, retry_after } => Self::new(Code::UpstreamUnavailable)
                .with_detail(format!("The service '{service}' cannot answer for the part `{part}` now."))
                .with_header(header::RETRY_AFTER, retry_after),
            GatewayError::PartFailed { part, service, code } => Self::new(code)
                .with_detail(format!("The part `{part}` of this answer, from the service '{service}', failed.")),
            GatewayError::NoPart => later("None of the parts of this answer can be had. Try again shortly."),
            GatewayError::Incomplete { part, code } => incomplete(&part, code),
            GatewayError::ComposedTooLarge => Self::new(Code::UpstreamInvalid)
                .with_detail("The answer would be larger than the gateway puts together."),
            GatewayError::Transform(_) => Self::new(Code::TransformFailed),
            GatewayError::ContractBroken { service, operation } => Self::new(Code::ContractViolation).with_detail(
                format!("The answer of the service '{service}' to '{operation}' is not as its contract says."),
            ),
            GatewayError::NotKept => not_kept(),
            GatewayError::Range { length } => unsatisfied(length),
        }
    }
}

fn later(detail: &str) -> Problem {
    Problem::new(Code::UpstreamUnavailable).with_detail(detail).with_retry_after(RETRY_AFTER)
}

fn incomplete(part: &str, code: Code) -> Problem {
    Problem::new(Code::PartFailed)
        .with_status(StatusCode::SERVICE_UNAVAILABLE)
        .with_detail(format!("The part `{part}` is missing (`{code}`), and the answer was asked for whole."))
        .with_retry_after(RETRY_AFTER)
}

/// RFC 9111, section 5.2.1.7.
fn not_kept() -> Problem {
    Problem::new(Code::UpstreamUnavailable)
        .with_status(StatusCode::GATEWAY_TIMEOUT)
        .with_detail("Nothing is kept that could be given, and `only-if-cached` asks for nothing else.")
}

/// RFC 9110, section 14.4.
fn unsatisfied(length: usize) -> Problem {
    let range = HeaderValue::from_str(&format!("bytes */{length}")).unwrap_or(HeaderValue::from_static("bytes */*"));
    Problem::new(Code::InvalidParameter)
        .with_status(StatusCode::RANGE_NOT_SATISFIABLE)
        .with_detail(format!("The answer has {length} bytes, and no such range."))
        .with_header(header::CONTENT_RANGE, range)
}

fn rate_limited(wait: Duration) -> Problem {
    Problem::new(Code::RateLimited)
        .with_detail("You have sent more requests than your quota allows. Try again after the time in `Retry-After`.")
        .with_retry_after(wait)
}

fn undeclared(status: StatusCode, retry_after: Option<HeaderValue>) -> Problem {
    let problem = Problem::new(Code::for_status(status)).with_status(status);
    match retry_after {
        Some(retry_after) => problem.with_header(header::RETRY_AFTER, retry_after),
        None => problem,
    }
}

fn refused(refusal: guard::Refusal) -> Problem {
    use guard::Refusal;

    let problem = match refusal {
        Refusal::TargetTooLong => Problem::new(Code::UriTooLong),
        Refusal::HeadTooLarge | Refusal::TooManyFields => {
            Problem::new(Code::PayloadTooLarge).with_status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
        }
        Refusal::RequestLine
        | Refusal::Connect
        | Refusal::LineEnding
        | Refusal::ObsoleteFolding
        | Refusal::FieldName
        | Refusal::TransferEncoding
        | Refusal::Ambiguous
        | Refusal::ContentLength
        | Refusal::Host
        | Refusal::Target
        | Refusal::Path
        | Refusal::Escape
        | Refusal::Chunk => Problem::new(Code::InvalidParameter),
    };
    problem.with_detail(refusal.to_string())
}

/// No usable answer arrived: 503. One arrived but cannot be used: 502.
fn unanswered(service: &str, failure: Failure, timeout_status: StatusCode) -> Problem {
    let problem = match failure {
        Failure::Dns
        | Failure::ConnectionRefused
        | Failure::ConnectionTimeout
        | Failure::Unreachable
        | Failure::ConnectionTerminated => Problem::new(Code::UpstreamUnavailable)
            .with_detail(format!("The service '{service}' does not respond. Try again shortly."))
            .with_retry_after(RETRY_AFTER),
        Failure::ResponseTimeout => Problem::new(Code::UpstreamTimeout)
            .with_status(timeout_status)
            .with_detail(format!("The service '{service}' did not answer in time."))
            .with_retry_after(RETRY_AFTER),
        Failure::ResponseIncomplete => Problem::new(Code::UpstreamIncomplete)
            .with_detail(format!("The answer of the service '{service}' broke off.")),
        Failure::ResponseTooLarge | Failure::ProtocolError => Problem::new(Code::UpstreamInvalid)
            .with_detail(format!("The answer of the service '{service}' cannot be used.")),
        Failure::RequestBody => {
            return Problem::new(Code::InvalidParameter)
                .with_detail("The body of the request is malformed or broke off.");
        }
        Failure::CircuitOpen(until_probe) => Problem::new(Code::CircuitOpen)
            .with_detail(format!("The service '{service}' keeps failing and is left alone for a moment."))
            .with_retry_after(until_probe),
        Failure::BulkheadFull => Problem::new(Code::BulkheadFull)
            .with_detail(format!("Too many requests to the service '{service}' are in flight already."))
            .with_retry_after(WHEN_BUSY),
    };
    problem.with_header(PROXY_STATUS, proxy_status(failure))
}

/// `Proxy-Status` as RFC 9209 has it; a service's address never appears.
fn proxy_status(failure: Failure) -> HeaderValue {
    HeaderValue::from_str(&format!("{PSEUDONYM}; error={}", failure.proxy_status()))
        .unwrap_or(HeaderValue::from_static(PSEUDONYM))
}
