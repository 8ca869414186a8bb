//! Why an upload became no picture.

/// Why an upload became no picture. All but [`Failed`](Self::Failed) are said of what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It does not begin as a JPEG, PNG, WebP or GIF does.
    #[error("this is no JPEG, PNG, WebP or GIF")]
    NotAnImage,
    /// The file is too large.
    #[error("the image has {bytes} bytes, at most {limit} are accepted")]
    TooManyBytes {
        /// Those that were sent.
        bytes: usize,
        /// [`Limits::bytes`](crate::Limits::bytes).
        limit: usize,
    },
    /// It is too wide or too high.
    #[error("the image is {side} pixels long, at most {limit} are accepted on a side")]
    TooLong {
        /// Pixels of the longer side.
        side: u32,
        /// [`Limits::side`](crate::Limits::side).
        limit: u32,
    },
    /// Width times height is too much.
    #[error("the image has {pixels} pixels, at most {limit} are accepted")]
    TooManyPixels {
        /// Width times height.
        pixels: u64,
        /// [`Limits::pixels`](crate::Limits::pixels).
        limit: u64,
    },
    /// It ends too soon, contradicts itself, or is of a kind that is not decoded (such as JPEG with arithmetic coding).
    #[error("the image is broken: {reason}")]
    Broken {
        /// For a log. Some of it may be what the file says.
        reason: String,
    },
    /// Nothing is wrong with what was sent, but the variants could not be written. No test has seen it.
    #[error("the image could not be written: {reason}")]
    Failed {
        /// For a log.
        reason: String,
    },
}

impl Refused {
    pub(crate) fn broken(reason: impl ToString) -> Self {
        Self::Broken { reason: reason.to_string() }
    }

    pub(crate) fn failed(reason: impl ToString) -> Self {
        Self::Failed { reason: reason.to_string() }
    }
}
