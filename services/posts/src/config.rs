//! What may differ between installations of this service.

use std::time::Duration;

use boot::Vars;

use crate::files::Place;

/// The settings of the service.
#[derive(Clone, Debug)]
pub struct Config {
    /// How often idempotency keys, events and pictures that are no longer needed are removed.
    pub cleanup_interval: Duration,
    /// Where files of pictures are kept.
    pub media: Place,
    /// How long a picture stays that no post has.
    pub media_unused: Duration,
    /// How many bytes the pictures of one account may take.
    pub media_quota: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cleanup_interval: Duration::from_secs(300),
            media: Place::Directory("media".into()),
            media_unused: Duration::from_secs(24 * 60 * 60),
            media_quota: 500 << 20,
        }
    }
}

impl Config {
    /// Reads `POSTS_…` and `MEDIA_…`, with defaults for everything; mistakes are collected in `vars`.
    pub fn from_vars(vars: &mut Vars) -> Self {
        let usual = Self::default();
        let directory = vars.text("POSTS_MEDIA_DIR", "media").into();
        let config = Self {
            cleanup_interval: vars.duration_s("POSTS_CLEANUP_INTERVAL_S", usual.cleanup_interval),
            media: Place::from_vars(vars, directory),
            media_unused: vars.duration_s("POSTS_MEDIA_UNUSED_S", usual.media_unused),
            media_quota: vars.parsed("POSTS_MEDIA_QUOTA_BYTES", usual.media_quota),
        };
        if config.cleanup_interval.is_zero() {
            vars.mistake("POSTS_CLEANUP_INTERVAL_S has to be at least 1");
        }
        if config.media_unused < Duration::from_secs(60) {
            vars.mistake("POSTS_MEDIA_UNUSED_S has to be at least 60, or pictures go before anybody can use them");
        }
        if config.media_quota < 0 {
            vars.mistake("POSTS_MEDIA_QUOTA_BYTES cannot be negative");
        }
        config
    }
}
