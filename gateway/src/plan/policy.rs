//! Policies of rate limits: how many calls a caller may make, and who counts as one caller.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

/// The number of a policy in [`Limits::policies`](super::Limits::policies).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyId(pub usize);

/// One rate limit, which any number of routes may share: a call to one of them counts for all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name: a table of `[limits]`, and what clients and metrics see.
    pub name: String,
    /// How many calls come back to a caller in how much time.
    pub rate: Rate,
    /// How many calls a caller may make at once who has made none for long enough.
    pub burst: NonZeroU32,
    /// Who counts as one caller.
    pub per: Partition,
}

impl Policy {
    /// The policy of routes that name none.
    pub const DEFAULT: &str = "default";
    /// What a route says that has none: no policy has this name.
    pub const NONE: &str = "none";
    /// The most letters of a name.
    pub const LONGEST_NAME: usize = 64;
    /// The longest time that a whole burst may take to come back. Buckets are counted in nanoseconds.
    pub const LONGEST_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);
    /// The highest rate, in calls a second: faster than that no single gateway answers.
    pub const HIGHEST_RATE: u32 = 1_000_000;

    /// What a request costs that makes so many calls: as much, but never more than a full bucket holds, so that what is rare
    /// enough is always possible.
    #[must_use]
    pub fn cost(&self, calls: u32) -> NonZeroU32 {
        NonZeroU32::new(calls).unwrap_or(NonZeroU32::MIN).min(self.burst)
    }

    /// How long it takes until a whole burst has come back.
    #[must_use]
    pub fn window(&self) -> Duration {
        let nanos = self.rate.within.as_nanos() * u128::from(self.burst.get()) / u128::from(self.rate.calls.get());
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, burst {}, per {}", self.name, self.rate, self.burst, self.per)
    }
}

/// So many calls in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The calls.
    pub calls: NonZeroU32,
    /// The time: a second, a minute or an hour.
    pub within: Duration,
}

/// The units of a rate.
const UNITS: [(&str, u64); 3] = [("s", 1), ("m", 60), ("h", 3600)];

impl Rate {
    /// Reads `100/s`, `100/m` or `100/h`; none is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (calls, unit) = text.split_once('/')?;
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let calls = calls.bytes().all(|byte| byte.is_ascii_digit()).then(|| calls.parse().ok())??;
        Some(Self { calls, within: Duration::from_secs(*seconds) })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS.iter().find(|(_, seconds)| *seconds == self.within.as_secs()).map_or("s", |(name, _)| name);
        write!(f, "{}/{unit}", self.calls)
    }
}

/// Who counts as one caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Partition {
    /// A signed-in user, with whatever tokens; whoever is not signed in counts by address.
    #[default]
    User,
    /// An address, whoever calls from it.
    Address,
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Address => "address",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_a_number_and_a_unit_and_is_shown_as_it_is_written() {
        for text in ["1/s", "20/s", "100/m", "4294967295/h"] {
            assert_eq!(Rate::parse(text).map(|rate| rate.to_string()).as_deref(), Some(text));
        }
        for wrong in
            ["", "20", "/s", "0/s", "20/d", "20 /s", "20/ s", "+20/s", "-1/s", "1.5/s", "4294967296/s", "20/s/s"]
        {
            assert_eq!(Rate::parse(wrong), None, "{wrong}");
        }
    }
}
