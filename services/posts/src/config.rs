//! What may differ between installations of this service.

use std::time::Duration;

use boot::Vars;

/// The settings of the service.
#[derive(Clone, Debug)]
pub struct Config {
    /// How often idempotency keys and events that are no longer needed are removed.
    pub cleanup_interval: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self { cleanup_interval: Duration::from_secs(300) }
    }
}

impl Config {
    /// Reads `POSTS_…`, with defaults for everything; mistakes are collected in `vars`.
    pub fn from_vars(vars: &mut Vars) -> Self {
        let usual = Self::default();
        let cleanup_interval = vars.duration_s("POSTS_CLEANUP_INTERVAL_S", usual.cleanup_interval);
        if cleanup_interval.is_zero() {
            vars.mistake("POSTS_CLEANUP_INTERVAL_S has to be at least 1");
        }
        Self { cleanup_interval }
    }
}
