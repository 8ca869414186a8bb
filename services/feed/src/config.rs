//! What may differ between installations of this service.

use std::time::Duration;

use boot::Vars;

/// The settings of the service.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Authors with fewer followers have their posts put into timelines when they are written; those of others are looked for when a
    /// timeline is read.
    pub fanout_most: u64,
    /// Whoever follows somebody gets the posts of so long before.
    pub backfill: Duration,
}

impl Config {
    /// Reads `FEED_…`, with defaults for everything; mistakes are collected in `vars`.
    pub fn from_vars(vars: &mut Vars) -> Self {
        let usual = Self::default();
        let most = vars.text("FEED_FANOUT_MOST", &usual.fanout_most.to_string());
        let fanout_most = most.parse().ok().filter(|most| (1..=1_000_000).contains(most)).unwrap_or_else(|| {
            vars.mistake("FEED_FANOUT_MOST has to be a number from 1 to 1000000");
            usual.fanout_most
        });
        Self { fanout_most, backfill: vars.duration_s("FEED_BACKFILL_S", usual.backfill) }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self { fanout_most: 1000, backfill: Duration::from_secs(90 * 24 * 60 * 60) }
    }
}
