//! Lengths of time and sizes, in units that people write.

use std::time::Duration;

const TIMES: [(&str, u64); 5] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZES: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

pub(super) fn duration(text: &str) -> Option<Duration> {
    counted(text, &TIMES).map(Duration::from_millis)
}

pub(super) fn size(text: &str) -> Option<u64> {
    match text.parse() {
        Ok(bytes) => Some(bytes),
        Err(_) => counted(text, &SIZES),
    }
}

/// A number followed by a unit, and nothing else.
fn counted(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// A length of time as the files write it.
pub(crate) fn show_duration(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    show(millis, &TIMES, "ms")
}

/// A size as the files write it.
pub(crate) fn show_size(bytes: u64) -> String {
    show(bytes, &SIZES, "B")
}

/// In the largest unit that divides it.
fn show(count: u64, units: &[(&str, u64)], smallest: &str) -> String {
    match units.iter().rev().find(|(_, factor)| count > 0 && count.is_multiple_of(*factor)) {
        Some((unit, factor)) => format!("{}{unit}", count / factor),
        None => format!("{count}{smallest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_have_units() {
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Some(Duration::from_secs(2)));
        assert_eq!(duration("14d"), Some(Duration::from_secs(14 * 86_400)));
        assert_eq!(size("1MiB"), Some(1_048_576));
        assert_eq!(size("1000"), Some(1000));
        for wrong in ["", "2", "s", "2 s", "2sec", "-2s", "1.5s", "99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
        assert_eq!(size("1MB"), None);
    }

    #[test]
    fn what_is_shown_can_be_read_again() {
        for text in ["500ms", "2s", "90s", "10m", "14d"] {
            assert_eq!(duration(text).map(show_duration).as_deref(), Some(text));
        }
        for text in ["1B", "1KiB", "10MiB"] {
            assert_eq!(size(text).map(show_size).as_deref(), Some(text));
        }
    }
}
