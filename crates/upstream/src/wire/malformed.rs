//! What a server can do wrong.

use std::io;

/// Why what came is not HTTP/1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the head of the answer is not HTTP/1.1")]
    Head,
    #[error("the head of the answer is too large")]
    HeadTooLarge,
    #[error("the answer has a transfer coding that nobody asked for")]
    TransferCoding,
    #[error("the answer has no valid length")]
    ContentLength,
    #[error("there were too many interim answers")]
    Interim,
    #[error("a chunk of the answer is not well-formed")]
    Chunk,
    #[error("the extensions of chunks are too large")]
    Extensions,
    #[error("the trailers of the answer are not well-formed or too large")]
    Trailers,
}

/// Why a body ended before its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cut {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("the connection ended before the answer was complete")]
    Incomplete,
    #[error("reading the answer failed")]
    Io(#[from] io::Error),
}
