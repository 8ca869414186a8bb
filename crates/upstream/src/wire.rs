//! HTTP/1.1 as a client speaks it (RFC 9112): one request at a time on a connection, and no task behind it.
//!
//! Whoever makes a call writes its head and a small body in one piece, and reads the answer itself: no other task is woken,
//! and nothing crosses a channel. What that saves is the reason for this module; the rules are those of hyper's client,
//! and stricter where an answer could be read in two ways:
//!
//! * `Transfer-Encoding` is `chunked` and nothing else, because nobody here asks for more; beside a `Content-Length` it
//!   counts, the length is taken out, and the connection is not used again. From HTTP/1.0 it is refused (RFC 9112, 6.1, 6.3).
//! * Several `Content-Length` that say the same become one; any others are refused.
//! * A connection is used again only if the answer was read to its end, the request was written to its end, and not a
//!   byte came that belongs to neither.
//! * Everything that a server can make longer has an end: heads, fields, interim answers, chunk sizes, extensions, trailers.

mod alarm;
mod chunked;
mod connection;
mod framing;
mod head;
mod incoming;
mod malformed;
mod request;
mod sending;
mod upgraded;

pub(crate) use connection::{Connection, Rest};
pub(crate) use incoming::Incoming;
pub use upgraded::Upgraded;

#[cfg(test)]
mod tests;
