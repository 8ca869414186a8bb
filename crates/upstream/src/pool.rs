//! Idle connections, most recently used first.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::client::conn::http1::SendRequest;

use crate::body::RequestBody;

/// A connection that was idle for so many sweeps is closed: 50 s, shorter than the keep-alive of common servers (60 s,
/// 75 s). Counting sweeps costs no look at the clock when a connection comes back.
const IDLE_SWEEPS: u64 = 10;

/// Idle connections kept for one target. What comes back above it is closed.
const IDLE_PER_TARGET: usize = 256;

/// Connections to upstreams, kept for reuse. Cheap to clone; belongs to one runtime.
///
/// The lock inside is never shared between data-plane threads, because each has a pool of its own.
#[derive(Clone, Debug, Default)]
pub struct Pool(Arc<Mutex<Targets>>);

#[derive(Debug, Default)]
struct Targets {
    idle: Vec<Vec<Idle>>,
    sweeps: u64,
}

struct Idle {
    sender: SendRequest<RequestBody>,
    /// The number of the sweep before which it came back.
    since: u64,
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

    /// How often the owner of a pool has to call [`Pool::sweep`].
    pub const SWEEP_EVERY: Duration = Duration::from_secs(5);

    /// Closes what has been idle for too long.
    pub fn sweep(&self) {
        let mut targets = self.lock();
        targets.sweeps += 1;
        let now = targets.sweeps;
        for idle in &mut targets.idle {
            idle.retain(|entry| now - entry.since < IDLE_SWEEPS && !entry.sender.is_closed());
        }
    }

    /// How many connections are idle.
    #[must_use]
    pub fn idle(&self) -> usize {
        self.lock().idle.iter().map(Vec::len).sum()
    }

    /// The connection to `target` that was used last and still seems to live.
    pub(crate) fn take(&self, target: usize) -> Option<SendRequest<RequestBody>> {
        let mut targets = self.lock();
        let idle = targets.idle.get_mut(target)?;
        while let Some(entry) = idle.pop() {
            if !entry.sender.is_closed() {
                return Some(entry.sender);
            }
        }
        None
    }

    fn put(&self, target: usize, sender: SendRequest<RequestBody>) {
        let mut targets = self.lock();
        let since = targets.sweeps;
        if targets.idle.len() <= target {
            targets.idle.resize_with(target + 1, Vec::new);
        }
        if let Some(idle) = targets.idle.get_mut(target)
            && idle.len() < IDLE_PER_TARGET
        {
            idle.push(Idle { sender, since });
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Targets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection in use: given back once its answer has been read to the end, closed when dropped before that.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) pool: Pool,
    pub(crate) target: usize,
    pub(crate) sender: SendRequest<RequestBody>,
    /// Whether the body of the request, if it streams, has been sent: an answer may come before that, and then the
    /// connection is still busy with an upload that may never end.
    pub(crate) sent: Option<Arc<AtomicBool>>,
}

impl Lease {
    pub(crate) fn give_back(lease: &mut Option<Self>) {
        if let Some(Self { pool, target, sender, sent }) = lease.take()
            && !sender.is_closed()
            && sent.is_none_or(|sent| sent.load(Ordering::Acquire))
        {
            pool.put(target, sender);
        }
    }
}
