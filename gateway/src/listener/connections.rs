//! The connections of one data-plane thread, and the sweep that ends those that take too long.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use slab::Slab;
use tokio::task::AbortHandle;

use super::io::Batch;
use super::state::{ConnectionState, Phase, now_ms};

/// A connection without a request in flight is closed so long after accepting has ended: time for a request that was
/// already under way to arrive.
const DRAIN_LINGER_MS: u64 = 1000;

/// How long a connection may stay in each phase, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionLimits {
    pub(crate) first_byte: u64,
    pub(crate) head: u64,
    pub(crate) keep_alive: u64,
    pub(crate) body_idle: u64,
}

impl ConnectionLimits {
    /// How often the sweep has to look so that a limit is exceeded by a quarter at most.
    pub(crate) fn period(&self) -> Duration {
        let least = self.first_byte.min(self.head).min(self.keep_alive).min(self.body_idle);
        Duration::from_millis((least / 4).clamp(5, 250))
    }
}

/// The connections of one thread.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    table: Mutex<Slab<Entry>>,
    batch: Arc<Batch>,
}

#[derive(Debug)]
struct Entry {
    state: Arc<ConnectionState>,
    task: AbortHandle,
}

impl Connections {
    /// Runs `connection` as a task of this thread and keeps it in sight until it ends.
    #[allow(clippy::disallowed_methods, reason = "the table of connections is what waits for these tasks")]
    pub(crate) fn spawn(
        self: &Arc<Self>,
        state: Arc<ConnectionState>,
        connection: impl Future<Output = ()> + Send + 'static,
    ) {
        let mut slab = self.lock();
        let entry = slab.vacant_entry();
        let leaving = Leaving { connections: Arc::clone(self), key: entry.key() };
        let task = tokio::spawn(async move {
            let _leaving = leaving;
            connection.await;
        });
        entry.insert(Entry { state, task: task.abort_handle() });
    }

    /// What they have written and the kernel does not have yet.
    pub(crate) fn batch(&self) -> &Arc<Batch> {
        &self.batch
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Closes the connections that have exceeded a limit. Since nobody is accepted any more, also those that wait for a
    /// request.
    pub(crate) fn sweep(&self, limits: ConnectionLimits, closing_since: Option<u64>) {
        let now = now_ms();
        let lingered = closing_since.is_some_and(|since| now.saturating_sub(since) >= DRAIN_LINGER_MS);
        let patience = |limit: u64| if lingered { limit.min(DRAIN_LINGER_MS) } else { limit };
        for (_, entry) in self.lock().iter() {
            let state = &entry.state;
            let stalled = state.stalled(now);
            let overdue = match state.phase() {
                Phase::Silent => state.lasted(now) >= patience(limits.first_byte),
                Phase::Head => state.lasted(now) >= limits.head,
                Phase::Busy => stalled.is_some_and(|stalled| stalled >= limits.body_idle),
                // The last answer is not written to its end yet.
                Phase::Idle if stalled.is_some() => stalled.is_some_and(|stalled| stalled >= limits.body_idle),
                Phase::Idle => state.lasted(now) >= patience(limits.keep_alive),
            };
            if overdue {
                entry.task.abort();
            }
        }
    }

    /// Ends every connection at once.
    pub(crate) fn abort(&self) {
        for (_, entry) in self.lock().iter() {
            entry.task.abort();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slab<Entry>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a connection out of the table when its task ends, however it ends.
struct Leaving {
    connections: Arc<Connections>,
    key: usize,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.connections.lock().try_remove(self.key);
    }
}
