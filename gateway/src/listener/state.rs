//! What the sweep must know of a connection, kept up to date by those who see it happen.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Instant;

use crate::guard::Refusal;

/// Milliseconds since the first call in this process, at least 1: zero means "not".
pub(crate) fn now_ms() -> u64 {
    ms_at(Instant::now())
}

/// The same of a moment that is known already.
pub(crate) fn ms_at(moment: Instant) -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(moment.saturating_duration_since(*START).as_millis()).unwrap_or(u64::MAX) + 1
}

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// Accepted; not a byte has arrived.
    Silent = 0,
    /// A head has begun and is not complete.
    Head = 1,
    /// A request is being answered.
    Busy = 2,
    /// Between two requests.
    Idle = 3,
}

/// The state of one connection. Written by its own thread, and by a local service that reads an upload.
#[derive(Debug)]
pub(crate) struct ConnectionState {
    phase: AtomicU8,
    /// Requests that have begun to be answered.
    begun: AtomicU64,
    since: AtomicU64,
    /// Since when a body or a write has been waiting for the other side; 0 while nothing waits.
    stalled_since: AtomicU64,
    refusal: Mutex<Option<Refusal>>,
    /// A request had an `Upgrade` field. At the end of such a connection hyper hands it over, also to nobody, and has it neither flushed
    /// nor closed.
    upgradable: AtomicBool,
    /// The connection was handed over to another protocol.
    upgraded: AtomicBool,
    /// Its end would be taken for the end of an answer that is not complete.
    misleading: AtomicBool,
}

impl ConnectionState {
    pub(crate) fn new() -> Self {
        Self {
            phase: AtomicU8::new(Phase::Silent as u8),
            begun: AtomicU64::new(0),
            since: AtomicU64::new(now_ms()),
            stalled_since: AtomicU64::new(0),
            refusal: Mutex::new(None),
            upgradable: AtomicBool::new(false),
            upgraded: AtomicBool::new(false),
            misleading: AtomicBool::new(false),
        }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.enter_at(phase, now_ms());
    }

    /// A stall outlives the exchange: the end of its answer may still wait for the client to read.
    pub(crate) fn enter_at(&self, phase: Phase, now_ms: u64) {
        self.since.store(now_ms, Ordering::Relaxed);
        if phase != Phase::Idle {
            self.stalled_since.store(0, Ordering::Relaxed);
        }
        if phase == Phase::Busy {
            self.begun.fetch_add(1, Ordering::Relaxed);
        }
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// A head has begun: its deadline runs from its first byte on, but not while the last request is answered.
    pub(crate) fn head_begun(&self) {
        if matches!(self.phase(), Phase::Silent | Phase::Idle) {
            self.enter(Phase::Head);
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Silent,
            1 => Phase::Head,
            2 => Phase::Busy,
            _ => Phase::Idle,
        }
    }

    /// How many requests have begun to be answered.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// How long the phase has lasted, in milliseconds.
    pub(crate) fn lasted(&self, now: u64) -> u64 {
        now.saturating_sub(self.since.load(Ordering::Relaxed))
    }

    /// How long nothing has moved, in milliseconds; `None` while nothing waits.
    pub(crate) fn stalled(&self, now: u64) -> Option<u64> {
        match self.stalled_since.load(Ordering::Relaxed) {
            0 => None,
            since => Some(now.saturating_sub(since)),
        }
    }

    /// Something waits for the other side.
    pub(crate) fn waits(&self) {
        if self.stalled_since.load(Ordering::Relaxed) == 0 {
            self.stalled_since.store(now_ms(), Ordering::Relaxed);
        }
    }

    /// Something moved.
    pub(crate) fn moves(&self) {
        if self.stalled_since.load(Ordering::Relaxed) != 0 {
            self.stalled_since.store(0, Ordering::Relaxed);
        }
    }

    pub(crate) fn refuse(&self, refusal: Refusal) {
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    }

    pub(crate) fn refusal(&self) -> Option<Refusal> {
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is flushed from now on must have been sent: nobody may ask again.
    pub(crate) fn may_be_handed_over(&self) {
        self.upgradable.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_upgradable(&self) -> bool {
        self.upgradable.load(Ordering::Relaxed)
    }

    /// What follows the answer that is being given is another protocol's.
    pub(crate) fn upgrade(&self) {
        self.upgraded.store(true, Ordering::Relaxed);
    }

    /// Whether from now on the end of the connection would look like that of an answer, though there is more to come: to a client of
    /// HTTP/1.0 it is the only end of an answer without a length (RFC 9112, section 6.3).
    pub(crate) fn misleads(&self, misleads: bool) {
        self.misleading.store(misleads, Ordering::Relaxed);
    }

    pub(crate) fn is_misleading(&self) -> bool {
        self.misleading.load(Ordering::Relaxed)
    }

    pub(crate) fn is_upgraded(&self) -> bool {
        self.upgraded.load(Ordering::Relaxed)
    }
}
