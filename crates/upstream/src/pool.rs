//! Idle connections, most recently used first.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;

use crate::wire::Connection;

/// A connection that was idle for so many sweeps is closed: 50 s, shorter than the keep-alive of common servers (60 s,
/// 75 s). Counting sweeps costs no look at the clock when a connection comes back.
const IDLE_SWEEPS: u64 = 10;

/// Idle connections kept for one target. What comes back above it is closed.
const IDLE_PER_TARGET: usize = 256;

/// Maps of header fields that wait for an answer. Nearly always one is enough: each call takes one and leaves one.
const SPARE_MAPS: usize = 8;

/// A map with room for more than this is not kept.
const SPARE_FIELDS: usize = 128;

/// Connections to upstreams, kept for reuse. Cheap to clone; belongs to one runtime.
///
/// The lock inside is never shared between data-plane threads, because each has a pool of its own.
#[derive(Clone, Debug, Default)]
pub struct Pool(Arc<Mutex<Targets>>);

#[derive(Debug, Default)]
struct Targets {
    idle: Vec<Vec<Idle>>,
    sweeps: u64,
    /// Empty, but with room: to make one for each answer, and to make it larger for what is added, is a tenth of the work of a call.
    spare: Vec<HeaderMap>,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    /// The number of the sweep before which it came back.
    since: u64,
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
            idle.retain(|entry| now - entry.since < IDLE_SWEEPS && entry.connection.is_idle());
        }
    }

    /// How many connections are idle.
    #[must_use]
    pub fn idle(&self) -> usize {
        self.lock().idle.iter().map(Vec::len).sum()
    }

    /// The connection to `target` that was used last and still seems to live.
    pub(crate) fn take(&self, target: usize) -> Option<Connection> {
        let mut targets = self.lock();
        let idle = targets.idle.get_mut(target)?;
        while let Some(entry) = idle.pop() {
            if entry.connection.is_idle() {
                return Some(entry.connection);
            }
        }
        None
    }

    /// Keeps a connection on which nothing is under way.
    pub(crate) fn put(&self, target: usize, connection: Connection) {
        let mut targets = self.lock();
        let since = targets.sweeps;
        if targets.idle.len() <= target {
            targets.idle.resize_with(target + 1, Vec::new);
        }
        if let Some(idle) = targets.idle.get_mut(target)
            && idle.len() < IDLE_PER_TARGET
        {
            idle.push(Idle { connection, since });
        }
    }

    /// A map for the fields of an answer, with room for what is added on its way.
    pub(crate) fn map(&self, fields: usize) -> HeaderMap {
        let spare = self.lock().spare.pop();
        spare.unwrap_or_else(|| HeaderMap::with_capacity(fields))
    }

    /// Keeps a map that is not needed any more.
    pub(crate) fn give_map(&self, mut map: HeaderMap) {
        if (1..=SPARE_FIELDS).contains(&map.capacity()) {
            map.clear();
            let mut targets = self.lock();
            if targets.spare.len() < SPARE_MAPS {
                targets.spare.push(map);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Targets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
