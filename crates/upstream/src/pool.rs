//! Idle connections, most recently used first.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::client::conn::http1::SendRequest;

use crate::body::RequestBody;

/// An idle connection older than this is not used again: shorter than the keep-alive of common servers (75 s, 60 s).
const IDLE_LIMIT: Duration = Duration::from_secs(50);

/// Idle connections kept for one target. What comes back above it is closed.
const IDLE_PER_TARGET: usize = 256;

/// Connections to upstreams, kept for reuse. Cheap to clone; belongs to one runtime.
///
/// The lock inside is never shared between data-plane threads, because each has a pool of its own.
#[derive(Clone, Debug, Default)]
pub struct Pool(Arc<Mutex<Vec<Vec<Idle>>>>);

struct Idle {
    sender: SendRequest<RequestBody>,
    since: Instant,
}

impl fmt::Debug for Idle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Idle").field("since", &self.since).finish_non_exhaustive()
    }
}

impl Pool {
    /// An empty pool.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Closes what has been idle for too long. To be called now and then by the owner of the pool.
    pub fn sweep(&self) {
        let Some(oldest) = Instant::now().checked_sub(IDLE_LIMIT) else { return };
        for idle in self.lock().iter_mut() {
            idle.retain(|entry| entry.since > oldest && !entry.sender.is_closed());
        }
    }

    /// How many connections are idle.
    #[must_use]
    pub fn idle(&self) -> usize {
        self.lock().iter().map(Vec::len).sum()
    }

    /// The connection to `target` that was used last and still seems to live.
    pub(crate) fn take(&self, target: usize) -> Option<SendRequest<RequestBody>> {
        let mut targets = self.lock();
        let idle = targets.get_mut(target)?;
        while let Some(entry) = idle.pop() {
            if !entry.sender.is_closed() && entry.since.elapsed() < IDLE_LIMIT {
                return Some(entry.sender);
            }
        }
        None
    }

    fn put(&self, target: usize, sender: SendRequest<RequestBody>) {
        let mut targets = self.lock();
        if targets.len() <= target {
            targets.resize_with(target + 1, Vec::new);
        }
        if let Some(idle) = targets.get_mut(target)
            && idle.len() < IDLE_PER_TARGET
        {
            idle.push(Idle { sender, since: Instant::now() });
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Idle>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection in use: given back once its answer has been read to the end, closed when dropped before that.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) pool: Pool,
    pub(crate) target: usize,
    pub(crate) sender: SendRequest<RequestBody>,
}

impl Lease {
    pub(crate) fn give_back(lease: &mut Option<Self>) {
        if let Some(Self { pool, target, sender }) = lease.take()
            && !sender.is_closed()
        {
            pool.put(target, sender);
        }
    }
}
