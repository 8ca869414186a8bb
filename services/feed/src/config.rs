//! What may differ between installations of this service.

use std::time::Duration;

use boot::Vars;

use crate::sources::Sources;

/// The settings of the service.
#[derive(Clone, Debug)]
pub struct Config {
    /// Authors with fewer followers have their posts put into timelines when they are written; those of others are looked for when a
    /// timeline is read.
    pub fanout_most: u64,
    /// Whoever follows somebody gets the posts of so long before.
    pub backfill: Duration,
    /// How often the service compares what it has with what `users` and `posts` have.
    pub reconcile_interval: Duration,
    /// Where those are asked for it; without them nothing is compared.
    pub sources: Option<Sources>,
}

impl Config {
    /// Reads `FEED_…`, with defaults for everything; mistakes are collected in `vars`. The sources are none: whoever starts the
    /// service knows whether they are other processes ([`Sources::from_vars`]).
    pub fn from_vars(vars: &mut Vars) -> Self {
        let usual = Self::default();
        let most = vars.text("FEED_FANOUT_MOST", &usual.fanout_most.to_string());
        let fanout_most = most.parse().ok().filter(|most| (1..=1_000_000).contains(most)).unwrap_or_else(|| {
            vars.mistake("FEED_FANOUT_MOST has to be a number from 1 to 1000000");
            usual.fanout_most
        });
        let reconcile_interval = vars.duration_s("FEED_RECONCILE_INTERVAL_S", usual.reconcile_interval);
        if reconcile_interval.is_zero() {
            vars.mistake("FEED_RECONCILE_INTERVAL_S has to be at least 1");
        }
        let backfill = vars.duration_s("FEED_BACKFILL_S", usual.backfill);
        Self { fanout_most, backfill, reconcile_interval, sources: None }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            fanout_most: 1000,
            backfill: Duration::from_secs(90 * 24 * 60 * 60),
            reconcile_interval: Duration::from_secs(60 * 60),
            sources: None,
        }
    }
}
