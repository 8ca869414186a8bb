//! How long to wait before something is tried again.

use std::ops::RangeInclusive;
use std::time::Duration;

/// From the first pause to the longest.
pub const USUAL: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(2);

/// The same for a server that everybody waits for: it costs little to ask whether it is back.
pub const SERVER: RangeInclusive<Duration> = Duration::from_millis(50)..=Duration::from_millis(500);

/// The pause after so many failures: each twice as long as the one before.
#[must_use]
pub fn after(failures: i64, pauses: &RangeInclusive<Duration>) -> Duration {
    let doublings = u32::try_from(failures - 1).unwrap_or(0).min(31);
    pauses.start().saturating_mul(1 << doublings).min(*pauses.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pause_is_twice_as_long_up_to_the_longest() {
        let pauses = [1, 2, 3, 5, 6, 1000].map(|failures| after(failures, &USUAL).as_millis());
        assert_eq!(pauses, [100, 200, 400, 1600, 2000, 2000]);
    }
}
