//! One place where a service runs: what is under way there, and what is known of its health.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use crate::breaker::{Breaker, BreakerState, Ticket, Verdict};
use crate::clock;

/// Active checks that fail in a row before a target is taken out.
const MISSES: u32 = 2;

#[derive(Debug)]
pub(crate) struct Target {
    label: Box<str>,
    in_flight: AtomicUsize,
    breaker: Breaker,
    sick: AtomicBool,
    misses: AtomicU32,
}

/// What an operator sees of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetState {
    /// `host:port`, or `local`.
    pub label: Box<str>,
    /// Its breaker.
    pub breaker: BreakerState,
    /// Calls that wait for an answer of it.
    pub in_flight: usize,
    /// How often its breaker has opened, which takes it out of the choice.
    pub ejections: u64,
    /// Whether active checks find it well; without such checks it is.
    pub healthy: bool,
}

impl Target {
    /// `pause` is that of its breaker, in milliseconds.
    pub(crate) fn new(label: &str, pause: Option<u64>) -> Self {
        Self {
            label: label.into(),
            in_flight: AtomicUsize::new(0),
            breaker: Breaker::new(pause),
            sick: AtomicBool::new(false),
            misses: AtomicU32::new(0),
        }
    }

    pub(crate) fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    pub(crate) fn load(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(crate) fn is_healthy(&self) -> bool {
        !self.sick.load(Ordering::Relaxed)
    }

    /// What an active check has found.
    pub(crate) fn checked(&self, is_well: bool) {
        if is_well {
            self.misses.store(0, Ordering::Relaxed);
            self.sick.store(false, Ordering::Relaxed);
        } else if self.misses.fetch_add(1, Ordering::Relaxed) + 1 >= MISSES {
            self.sick.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn state(&self) -> TargetState {
        TargetState {
            label: self.label.clone(),
            breaker: self.breaker.state(),
            in_flight: self.load(),
            ejections: self.breaker.openings(),
            healthy: self.is_healthy(),
        }
    }
}

/// A call that may be made to a target. One that is dropped without a verdict was cancelled, which says nothing about the
/// target, and frees the place of a probe.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    pub(crate) index: usize,
    /// When it was given, on the clock of [`clock::now_ms`].
    pub(crate) given: u64,
    target: &'a Arc<Target>,
    ticket: Ticket,
    is_settled: bool,
}

impl<'a> Permit<'a> {
    pub(crate) fn new(index: usize, given: u64, target: &'a Arc<Target>, ticket: Ticket) -> Self {
        target.in_flight.fetch_add(1, Ordering::Relaxed);
        Self { index, given, target, ticket, is_settled: false }
    }

    /// The call has ended.
    pub(crate) fn settle(&mut self, verdict: Verdict) {
        self.is_settled = true;
        self.target.breaker.settle(self.ticket, clock::now_ms(), verdict);
    }

    /// Watches the body of an answer that was good so far.
    pub(crate) fn watch(&self, idle: u64) -> Watch {
        Watch { target: Arc::clone(self.target), ticket: self.ticket, idle, waits_since: None }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.target.in_flight.fetch_sub(1, Ordering::Relaxed);
        if !self.is_settled {
            self.target.breaker.settle(self.ticket, clock::now_ms(), Verdict::Nothing);
        }
    }
}

/// Reports a body that breaks after its head has been handed on. One that is dropped after it has stalled for longer than
/// it may was given up for that; one that is dropped earlier was not wanted any more.
#[derive(Debug)]
pub(crate) struct Watch {
    target: Arc<Target>,
    ticket: Ticket,
    /// How long nothing of the body may come, in milliseconds.
    idle: u64,
    waits_since: Option<u64>,
}

impl Watch {
    pub(crate) fn waits(&mut self) {
        self.waits_since.get_or_insert_with(clock::now_ms);
    }

    pub(crate) fn moves(&mut self) {
        self.waits_since = None;
    }

    /// The body broke, or was given up because it stalled.
    pub(crate) fn broke(mut self) {
        self.waits_since = None;
        self.target.breaker.broke(self.ticket, clock::now_ms());
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let now = clock::now_ms();
        // Whoever gave it up has a clock of its own, and each may have lost a part of a millisecond.
        if self.waits_since.is_some_and(|since| (now + 1).saturating_sub(since) >= self.idle) {
            self.target.breaker.broke(self.ticket, now);
        }
    }
}
