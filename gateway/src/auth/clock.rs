//! What time it is, so that a test can say it.

use std::time::{SystemTime, UNIX_EPOCH};

#[cfg(test)]
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// The wall clock, in milliseconds since the epoch.
#[derive(Clone, Debug, Default)]
pub(crate) enum Clock {
    /// The system's.
    #[default]
    System,
    /// One that a test sets.
    #[cfg(test)]
    Manual(Arc<AtomicI64>),
}

impl Clock {
    pub(crate) fn now_ms(&self) -> i64 {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            }
            #[cfg(test)]
            Self::Manual(time) => time.load(Ordering::SeqCst),
        }
    }
}

#[cfg(test)]
impl Clock {
    pub(crate) fn manual(now_ms: i64) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(now_ms)))
    }

    pub(crate) fn advance(&self, by: std::time::Duration) {
        if let Self::Manual(time) = self {
            time.fetch_add(i64::try_from(by.as_millis()).unwrap_or(0), Ordering::SeqCst);
        }
    }
}
