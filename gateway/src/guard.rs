//! What must not reach a router: ambiguous framing, bad hosts, paths that change when they are normalised.
//!
//! The raw head is checked before hyper sees it ([`head`]), because hyper forgives what a proxy must not forgive
//! (RFC 9112, sections 5.1, 6.1 and 11.2): it drops `Content-Length` beside `Transfer-Encoding` and accepts a bare
//! LF. The target is checked after parsing ([`target`]). What would be another path when it is normalised is refused; what is
//! matched is what is forwarded.

pub(crate) mod chunked;
pub(crate) mod head;
pub(crate) mod scan;
pub(crate) mod target;

/// Why a request is refused before it is routed. Each is answered with 400 unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The request line is not `METHOD SP target SP HTTP/1.x`.
    #[error("The request line is malformed.")]
    RequestLine,
    /// CONNECT: the gateway is nobody's tunnel (RFC 9110, section 9.3.6).
    #[error("CONNECT is not served here.")]
    Connect,
    /// A line ends without CR LF, or holds a control character, which hyper refuses without a word.
    #[error("A line of the head is not terminated by CR LF, or contains a control character.")]
    LineEnding,
    /// A field line starts with white space (RFC 9112, section 5.2).
    #[error("A field line is folded, which is obsolete.")]
    ObsoleteFolding,
    /// A field name is empty or holds what is not a token character.
    #[error("A field name is malformed.")]
    FieldName,
    /// `Transfer-Encoding` is not exactly `chunked`, or stands in an HTTP/1.0 request.
    #[error("Transfer-Encoding must be exactly 'chunked', and only in HTTP/1.1.")]
    TransferEncoding,
    /// `Transfer-Encoding` and `Content-Length` in one request.
    #[error("A request must not have both Transfer-Encoding and Content-Length.")]
    Ambiguous,
    /// `Content-Length` is no number, or there are several.
    #[error("Content-Length must be one decimal number.")]
    ContentLength,
    /// No `Host` in an HTTP/1.1 request, two of them, or one that cannot be a host.
    #[error("A request must have exactly one valid Host field.")]
    Host,
    /// The target holds bytes that are not allowed in one, or is not in origin or absolute form.
    #[error("The request target contains characters that are not allowed.")]
    Target,
    /// The path would change if it were normalised, or hides a separator.
    #[error("The path must not contain '.', '..', empty or encoded segments that change when normalised.")]
    Path,
    /// A percent sign without two hexadecimal digits.
    #[error("The request target contains an incomplete percent escape.")]
    Escape,
    /// The framing of a chunked body is broken.
    #[error("The chunked body is malformed.")]
    Chunk,
    /// The head is larger than the limit: 431.
    #[error("The head of the request is too large.")]
    HeadTooLarge,
    /// More fields than the limit: 431.
    #[error("The request has too many header fields.")]
    TooManyFields,
    /// The target is longer than the limit: 414.
    #[error("The request target is too long.")]
    TargetTooLong,
}

/// The limits of a head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadLimits {
    pub(crate) bytes: usize,
    pub(crate) fields: usize,
    pub(crate) target: usize,
}
