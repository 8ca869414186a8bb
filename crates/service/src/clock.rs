//! The time, as epoch milliseconds: one clock for the whole service, which a test can move.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use time::{
    OffsetDateTime,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

const RFC3339_MILLIS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// The system's clock, plus what a test has moved it by. Clones are the same clock.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(millis(by), Ordering::Relaxed);
    }

    /// Now, in epoch milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        millis(since) + self.0.load(Ordering::Relaxed)
    }
}

/// A duration in milliseconds.
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC with milliseconds, as every time in an answer.
pub fn rfc3339(epoch_millis: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(epoch_millis) * 1_000_000);
    moment.ok().and_then(|moment| moment.format(RFC3339_MILLIS).ok()).unwrap_or_default()
}

/// The epoch milliseconds of a time in RFC 3339, with any offset; what is finer is cut off. `None` if it is not one.
#[must_use]
pub fn from_rfc3339(text: &str) -> Option<i64> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_always_have_three_digits_of_a_second() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_735_689_600_050), "2025-01-01T00:00:00.050Z");
    }

    #[test]
    fn a_time_of_an_answer_is_read_as_what_it_was() {
        for moment in [0, 1_735_689_600_050, -1] {
            assert_eq!(from_rfc3339(&rfc3339(moment)), Some(moment));
        }
        assert_eq!(from_rfc3339("2025-01-01T01:00:00.0509+01:00"), Some(1_735_689_600_050));
        for text in ["", "2025-01-01", "2025-01-01T00:00:00", "2025-02-30T00:00:00Z", "yesterday"] {
            assert_eq!(from_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn a_moved_clock_is_moved_for_every_clone() {
        let clock = Clock::system();
        let clone = clock.clone();
        let before = clone.now();
        clock.advance(Duration::from_secs(60));
        assert!(clone.now() >= before + 60_000);
    }
}
