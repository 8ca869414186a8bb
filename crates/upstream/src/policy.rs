//! What an upstream does about a service that fails.

use std::time::Duration;

/// How calls to one service are guarded. The default is what a service behind a network needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether a call that failed is tried once more, where that is safe.
    pub retries: bool,
    /// Whether a target that keeps failing is left alone for a while.
    pub breaker: bool,
    /// For how long at first; doubled up to a minute each time that it has not come back.
    pub breaker_pause: Duration,
    /// Calls that may wait for an answer at once; beside them as many whose requests still stream in.
    pub max_in_flight: usize,
    /// A body that was given up after nothing of it had come for so long counts as a failure of its target.
    pub body_idle: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            retries: true,
            breaker: true,
            breaker_pause: Duration::from_secs(5),
            max_in_flight: 256,
            body_idle: Duration::from_secs(15),
        }
    }
}

impl Policy {
    /// No guard at all: for a router of this process that asks services itself, and for tools that ask once.
    #[must_use]
    pub fn unguarded() -> Self {
        Self { retries: false, breaker: false, max_in_flight: usize::MAX, ..Self::default() }
    }
}
