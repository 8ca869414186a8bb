//! Why no usable answer arrived, in the words of RFC 9209.

use std::io;
use std::time::Duration;

/// Why a call brought no usable answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Failure {
    /// The host name did not resolve.
    #[error("the name of the service did not resolve")]
    Dns,
    /// Nothing listens there, or the service is severed.
    #[error("the service refused the connection")]
    ConnectionRefused,
    /// The connection was not established in time.
    #[error("the connection was not established in time")]
    ConnectionTimeout,
    /// The host cannot be reached for another reason.
    #[error("the service cannot be reached")]
    Unreachable,
    /// The connection ended before a complete head had arrived.
    #[error("the connection ended before an answer had arrived")]
    ConnectionTerminated,
    /// No head arrived before the deadline.
    #[error("no answer arrived in time")]
    ResponseTimeout,
    /// The body stalled or was cut before it was complete.
    #[error("the answer was incomplete")]
    ResponseIncomplete,
    /// The body is larger than the caller accepts.
    #[error("the answer was too large")]
    ResponseTooLarge,
    /// What arrived is not HTTP.
    #[error("the answer was not HTTP")]
    ProtocolError,
    /// The request's own body broke off while it was being sent.
    #[error("the body of the request broke off")]
    RequestBody,
    /// It was not called, because it keeps failing; it will be tried again after this time.
    #[error("the service is being left alone for {0:?}")]
    CircuitOpen(Duration),
    /// It was not called, because too many calls to it are under way.
    #[error("too many calls to the service are in flight")]
    BulkheadFull,
}

impl Failure {
    /// The error type of the `Proxy-Status` field (RFC 9209, section 2.3).
    #[must_use]
    pub fn proxy_status(self) -> &'static str {
        match self {
            Self::Dns => "dns_error",
            Self::ConnectionRefused => "connection_refused",
            Self::ConnectionTimeout => "connection_timeout",
            Self::Unreachable => "destination_ip_unroutable",
            Self::ConnectionTerminated => "connection_terminated",
            Self::ResponseTimeout => "http_response_timeout",
            Self::ResponseIncomplete => "http_response_incomplete",
            Self::ResponseTooLarge => "http_response_body_size",
            Self::ProtocolError => "http_protocol_error",
            Self::RequestBody => "http_request_error",
            Self::CircuitOpen(_) => "destination_unavailable",
            Self::BulkheadFull => "connection_limit_reached",
        }
    }

    /// Reads the failure of establishing a connection.
    pub(crate) fn of_connect(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::ConnectionRefused,
            io::ErrorKind::TimedOut => Self::ConnectionTimeout,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Self::ConnectionTerminated,
            _ => Self::Unreachable,
        }
    }
}

/// A base URL that cannot be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// No URL was given.
    #[error("no URL is given")]
    Missing,
    /// The scheme is not `http`.
    #[error("{0}: only http:// URLs are supported")]
    Scheme(String),
    /// There is no host.
    #[error("{0}: the URL names no host")]
    Host(String),
    /// There is a path or a query.
    #[error("{0}: a base URL has no path and no query")]
    Path(String),
}
