//! The time that breakers, windows and stalls are measured by.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Milliseconds since this process first asked. Never goes back.
pub(crate) fn now_ms() -> u64 {
    ms_at(Instant::now())
}

/// The same of another moment; 0 of those before.
pub(crate) fn ms_at(moment: Instant) -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    millis(moment.saturating_duration_since(*START.get_or_init(Instant::now)))
}

/// A length of time in whole milliseconds.
pub(crate) fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
