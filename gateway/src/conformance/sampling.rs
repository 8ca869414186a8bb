//! Which answers a sample takes.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// One answer in this many is inspected. A hundredth costs about as much as one more log line in a hundred requests would,
/// and still sees a mistake that every answer has within the first one.
pub(crate) const EVERY: u64 = 100;

/// The counters of one thread, one a route. Counted, not drawn: what a sample sees does not depend on luck.
#[derive(Debug)]
pub(crate) struct Sampling {
    seen: Box<[AtomicU64]>,
}

impl Sampling {
    pub(crate) fn new(routes: usize) -> Self {
        Self { seen: (0..routes).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Counts an answer of a route and says whether it is one to inspect: the first, and every hundredth after it.
    pub(crate) fn takes(&self, route: usize) -> bool {
        let Some(seen) = self.seen.get(route) else { return false };
        // Only this thread writes it, so a load and a store do.
        let before = seen.load(Relaxed);
        seen.store(before.wrapping_add(1), Relaxed);
        before.is_multiple_of(EVERY)
    }
}

impl Sampling {
    /// Whether the next answer of a route is one to inspect; counts nothing.
    pub(crate) fn would_take(&self, route: usize) -> bool {
        self.seen.get(route).is_some_and(|seen| seen.load(Relaxed).is_multiple_of(EVERY))
    }
}
