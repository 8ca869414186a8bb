//! What was inspected of an operation, in numbers.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use super::violation::Kind;
use super::watched::Watched;

/// At most one line in so many milliseconds is logged for each operation: a service that breaks its contract usually does
/// so with every answer.
const LOG_EVERY_MS: u64 = 1_000;

/// What came of an answer that was to be inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is as the contract says.
    Ok,
    /// It is not.
    Violation,
    /// It could not be looked at: too large, encoded, or cut.
    Skipped,
    /// The inspector was too busy.
    Dropped,
}

const OUTCOMES: [(Outcome, &str); 4] = [
    (Outcome::Ok, "ok"),
    (Outcome::Violation, "violation"),
    (Outcome::Skipped, "skipped"),
    (Outcome::Dropped, "dropped"),
];

/// The counters of one operation. Atomic additions, because all threads and the inspector share them: next to reading a
/// document they cost nothing, and a route that is not inspected has none.
#[derive(Debug)]
pub(crate) struct Tally {
    outcomes: [AtomicU64; OUTCOMES.len()],
    kinds: [AtomicU64; Kind::ALL.len()],
    since: Instant,
    logged_ms: AtomicU64,
    left_out: AtomicU64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            outcomes: std::array::from_fn(|_| AtomicU64::new(0)),
            kinds: std::array::from_fn(|_| AtomicU64::new(0)),
            since: Instant::now(),
            logged_ms: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
        }
    }
}

impl Tally {
    pub(super) fn count(&self, outcome: Outcome) {
        self.outcomes[outcome as usize].fetch_add(1, Relaxed);
    }

    /// Counts a violation. If it is to be logged, says how many were not since the last that was.
    pub(super) fn violated(&self, kind: Kind) -> Option<u64> {
        self.count(Outcome::Violation);
        self.kinds[kind as usize].fetch_add(1, Relaxed);
        self.line_at(u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn line_at(&self, elapsed_ms: u64) -> Option<u64> {
        // Counted from one interval before the start, so that the first is logged.
        let now = elapsed_ms.saturating_add(LOG_EVERY_MS);
        let last = self.logged_ms.load(Relaxed);
        let due = now >= last.saturating_add(LOG_EVERY_MS);
        if due && self.logged_ms.compare_exchange(last, now, Relaxed, Relaxed).is_ok() {
            return Some(self.left_out.swap(0, Relaxed));
        }
        self.left_out.fetch_add(1, Relaxed);
        None
    }

    #[cfg(test)]
    pub(super) fn counted(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome as usize].load(Relaxed)
    }
}

/// All counters in Prometheus' text format; nothing if nothing is inspected.
pub(super) fn render(watched: &[Arc<Watched>]) -> String {
    const INSPECTIONS: &str = "agora_contract_inspections_total";
    const VIOLATIONS: &str = "agora_contract_violations_total";
    let mut text = String::new();
    if watched.is_empty() {
        return text;
    }
    head(&mut text, INSPECTIONS, "Answers that were to be inspected, by what came of it.");
    for one in watched {
        for (outcome, name) in OUTCOMES {
            let count = one.tally.outcomes[outcome as usize].load(Relaxed);
            line(&mut text, INSPECTIONS, one, ("outcome", name), count);
        }
    }
    head(&mut text, VIOLATIONS, "Answers that are not as their contract says, by kind.");
    for one in watched {
        for kind in Kind::ALL {
            let count = one.tally.kinds[kind as usize].load(Relaxed);
            line(&mut text, VIOLATIONS, one, ("kind", kind.name()), count);
        }
    }
    text
}

// Writing to a String cannot fail.
fn head(text: &mut String, name: &str, help: &str) {
    let _infallible = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
}

fn line(text: &mut String, name: &str, of: &Watched, (label, value): (&str, &str), count: u64) {
    if count > 0 {
        let (service, operation) = (&of.service, &of.operation);
        let _infallible = writeln!(text, "{name}{{operation=\"{service}.{operation}\",{label}=\"{value}\"}} {count}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_is_logged_and_says_how_many_were_not() {
        let tally = Tally::default();
        let lines: Vec<_> = [0, 1, 999, 1_000, 1_500, 2_000].into_iter().map(|at| tally.line_at(at)).collect();
        assert_eq!(lines, [Some(0), None, None, Some(2), None, Some(1)]);
    }
}
