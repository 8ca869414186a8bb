//! Leaves a target alone that fails, and finds out when it is back.
//!
//! Opens when half of at least twenty calls in ten seconds failed, or five in a row had no answer. It stays open for five
//! seconds, then lets one call through as a probe. Two probes that succeed close it; one that fails opens it again, for
//! twice as long, at most a minute. With several targets this is outlier ejection as well: an open target gets no calls.
//!
//! A probe holds its place for ten seconds at most. A request that streams in takes as long as its client likes, so it holds
//! none: it is let through while there is no probe, and tells how its target is only if none has come before its end. To
//! refuse it instead would leave a service alone for ever that gets nothing but uploads.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::window::Window;

const MIN_CALLS: u64 = 20;
const IN_A_ROW: u32 = 5;
/// The longest pause, in milliseconds.
const LONGEST: u64 = 60_000;
/// After so many milliseconds a probe counts no more, and another call takes its place.
const PROBE: u64 = 10_000;

/// Who sets the pace of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Its request is here: all that is waited for is the target.
    Target,
    /// Its request streams in.
    Client,
}

/// How a call ended, as far as its target is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The target works.
    Good,
    /// An answer came that shows that it does not.
    Bad,
    /// No answer came.
    NoAnswer,
    /// Nothing is known: the caller went away, or was at fault itself.
    Nothing,
}

/// Whether a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    Yes(Ticket),
    /// Not for so many milliseconds.
    No(u64),
}

/// What a call has to bring back to the breaker. A call that was let through before the breaker opened or closed has
/// another ticket than those after, so it is not counted twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

/// The state as one number: the phase, how often the pause was doubled, and a time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    phase: Phase,
    doublings: u32,
    at: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Since `at`.
    Closed,
    /// Until `at`.
    Open,
    /// The first probe is under way.
    Probing,
    /// The first probe has succeeded, and the second may begin.
    Half,
    /// The second probe is under way.
    ProbingAgain,
    /// An upload is under way in the place of the first probe, which it does not hold.
    Uploading,
    /// The same in the place of the second.
    UploadingAgain,
}

impl Phase {
    /// When the call of this pace that is let through now is under way.
    fn probed(self, pace: Pace) -> Self {
        let is_second = matches!(self, Self::Half | Self::ProbingAgain | Self::UploadingAgain);
        match (pace, is_second) {
            (Pace::Target, false) => Self::Probing,
            (Pace::Target, true) => Self::ProbingAgain,
            (Pace::Client, false) => Self::Uploading,
            (Pace::Client, true) => Self::UploadingAgain,
        }
    }
}

impl State {
    fn read(word: u64) -> Self {
        let phase = match word & 7 {
            1 => Phase::Open,
            2 => Phase::Probing,
            3 => Phase::Half,
            4 => Phase::ProbingAgain,
            5 => Phase::Uploading,
            6 => Phase::UploadingAgain,
            _ => Phase::Closed,
        };
        Self { phase, doublings: (word >> 3 & 31) as u32, at: word >> 8 }
    }

    fn word(self) -> u64 {
        let phase = match self.phase {
            Phase::Closed => 0,
            Phase::Open => 1,
            Phase::Probing => 2,
            Phase::Half => 3,
            Phase::ProbingAgain => 4,
            Phase::Uploading => 5,
            Phase::UploadingAgain => 6,
        };
        self.at << 8 | u64::from(self.doublings.min(31)) << 3 | phase
    }

    /// Whether there is a place for a probe, or an upload may go on without one.
    fn is_due(self, now: u64, pace: Pace) -> bool {
        match self.phase {
            Phase::Closed => false,
            Phase::Open => self.at <= now,
            Phase::Half => true,
            Phase::Uploading | Phase::UploadingAgain if pace == Pace::Target => true,
            Phase::Probing | Phase::ProbingAgain | Phase::Uploading | Phase::UploadingAgain => self.at + PROBE <= now,
        }
    }
}

/// What an operator sees of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// No call goes through.
    Open,
    /// One call at a time goes through, to find out whether the target is back.
    Probing,
}

/// The breaker of one target.
#[derive(Debug)]
pub(crate) struct Breaker {
    state: AtomicU64,
    in_a_row: AtomicU32,
    window: Window,
    openings: AtomicU64,
    /// Milliseconds, at least one; none where it never opens.
    pause: Option<u64>,
}

impl Breaker {
    /// One that stays open for `pause` milliseconds at first, or never opens.
    pub(crate) fn new(pause: Option<u64>) -> Self {
        Self {
            state: AtomicU64::new(0),
            in_a_row: AtomicU32::new(0),
            window: Window::default(),
            openings: AtomicU64::new(0),
            pause: pause.map(|pause| pause.max(1)),
        }
    }

    /// The calls of the last ten seconds, as far as they were made while it was closed.
    pub(crate) fn window(&self) -> &Window {
        &self.window
    }

    pub(crate) fn openings(&self) -> u64 {
        self.openings.load(Ordering::Relaxed)
    }

    pub(crate) fn state(&self) -> BreakerState {
        match self.load().phase {
            Phase::Closed => BreakerState::Closed,
            Phase::Open => BreakerState::Open,
            _ => BreakerState::Probing,
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.load().phase == Phase::Closed
    }

    /// Whether the next call of this pace would be a probe, or go on in the place of one.
    pub(crate) fn is_due(&self, now: u64, pace: Pace) -> bool {
        self.load().is_due(now, pace)
    }

    /// Whether a call of this pace may be made now. A ticket has to be settled.
    pub(crate) fn admit(&self, now: u64, pace: Pace) -> Admission {
        loop {
            let state = self.load();
            if state.phase == Phase::Closed {
                return Admission::Yes(Ticket(state.word()));
            }
            if !state.is_due(now, pace) {
                return Admission::No(if state.phase == Phase::Open { state.at - now } else { 0 });
            }
            let probe = State { phase: state.phase.probed(pace), at: now, ..state };
            if self.change(state, probe) {
                return Admission::Yes(Ticket(probe.word()));
            }
        }
    }

    /// Tells how the call of a ticket ended.
    pub(crate) fn settle(&self, ticket: Ticket, now: u64, verdict: Verdict) {
        let state = State::read(ticket.0);
        if state.phase == Phase::Closed {
            self.count(state, now, verdict);
        } else {
            self.judge_probe(state, now, verdict);
        }
    }

    /// A call that was settled as good has turned out bad: its body broke. That of a probe opens the breaker again, unless that has
    /// happened already; if it has closed since, it counts as one of the calls that go through.
    pub(crate) fn broke(&self, ticket: Ticket, now: u64) {
        let (state, given) = (self.load(), State::read(ticket.0));
        match (state.phase, given.phase) {
            (Phase::Closed, Phase::Closed) if state == given => self.window.mark(now),
            (Phase::Closed, Phase::Closed) | (Phase::Open, _) => return,
            (Phase::Closed, _) => self.window.call(now, true),
            // Each time it opens again it does so with one more.
            (_, Phase::Closed) => return,
            _ if state.doublings != given.doublings => return,
            _ => return self.open(state, now),
        }
        self.open_if_half_failed(state, now);
    }

    /// Closes it, whatever it has seen.
    pub(crate) fn reset(&self, now: u64) {
        self.forget();
        self.state.store(State { phase: Phase::Closed, doublings: 0, at: now }.word(), Ordering::Release);
    }

    fn count(&self, state: State, now: u64, verdict: Verdict) {
        if verdict == Verdict::Nothing || self.load() != state {
            return;
        }
        self.window.call(now, verdict != Verdict::Good);
        if verdict == Verdict::NoAnswer {
            let in_a_row = self.in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
            if in_a_row >= IN_A_ROW {
                self.open(state, now);
                return;
            }
        } else if self.in_a_row.load(Ordering::Relaxed) != 0 {
            self.in_a_row.store(0, Ordering::Relaxed);
        }
        if verdict != Verdict::Good {
            self.open_if_half_failed(state, now);
        }
    }

    fn open_if_half_failed(&self, state: State, now: u64) {
        let counted = self.window.counted(now);
        if counted.calls >= MIN_CALLS && counted.marks * 2 >= counted.calls {
            self.open(state, now);
        }
    }

    fn open(&self, state: State, now: u64) {
        let Some(pause) = self.pause else { return };
        let doublings = if state.phase == Phase::Closed { 0 } else { (state.doublings + 1).min(31) };
        let length = pause.saturating_mul(1 << doublings).min(LONGEST.max(pause));
        if self.change(state, State { phase: Phase::Open, doublings, at: now + length }) {
            self.in_a_row.store(0, Ordering::Relaxed);
            self.openings.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn judge_probe(&self, state: State, now: u64, verdict: Verdict) {
        if self.load() != state {
            // It took too long and another one is under way, or it was a reset, which is newer.
            return;
        }
        let is_second = matches!(state.phase, Phase::ProbingAgain | Phase::UploadingAgain);
        let next = match verdict {
            Verdict::Bad | Verdict::NoAnswer => return self.open(state, now),
            Verdict::Good if is_second => {
                self.forget();
                State { phase: Phase::Closed, doublings: 0, at: now }
            }
            // A probe that was given up frees its place for another.
            Verdict::Nothing if !is_second => State { phase: Phase::Open, at: now, ..state },
            Verdict::Good | Verdict::Nothing => State { phase: Phase::Half, at: now, ..state },
        };
        // Where that fails, the same has happened a moment later.
        let _overtaken = self.change(state, next);
    }

    fn forget(&self) {
        self.window.clear();
        self.in_a_row.store(0, Ordering::Relaxed);
    }

    fn load(&self) -> State {
        State::read(self.state.load(Ordering::Acquire))
    }

    fn change(&self, from: State, to: State) -> bool {
        self.state.compare_exchange(from.word(), to.word(), Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

#[cfg(test)]
mod tests;
