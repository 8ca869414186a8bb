//! What a run may still spend.
//!
//! jaq has no limits of its own and hands no context to the operations of a value, so the meter of the run stands beside
//! it, in the thread that runs it. A run is one call that neither waits nor is entered again.

use std::cell::Cell;

/// Terms that a run may evaluate.
const STEPS: u64 = 130_000;

/// Bytes that a run may allocate, given back or not.
const BYTES: u64 = 20 << 20;

/// Bytes that are looked at in the time of one term.
const BYTES_PER_STEP: u64 = 64;

/// What a copy of a value in an array takes: itself, and of a text its place.
pub(super) const ITEM: u64 = 64;

/// What a copy of a field takes, its name and its place in the index included.
pub(super) const FIELD: u64 = 160;

struct Meter {
    steps: Cell<u64>,
    bytes: Cell<u64>,
    exhausted: Cell<bool>,
}

thread_local! {
    static METER: Meter =
        const { Meter { steps: Cell::new(0), bytes: Cell::new(0), exhausted: Cell::new(false) } };
}

/// The limit was reached; everything that is still tried fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

/// Begins a run.
pub(super) fn begin() {
    METER.with(|meter| {
        meter.steps.set(STEPS);
        meter.bytes.set(BYTES);
        meter.exhausted.set(false);
    });
}

/// Whether the run has tried to spend more than it had.
pub(super) fn is_exhausted() -> bool {
    METER.with(|meter| meter.exhausted.get())
}

/// How many steps are left.
pub(super) fn left() -> u64 {
    METER.with(|meter| if meter.exhausted.get() { 0 } else { meter.steps.get() })
}

/// Pays for steps and for bytes of memory.
pub(super) fn spend(steps: u64, bytes: u64) -> Result<(), Exhausted> {
    METER.with(|meter| {
        let left = meter.steps.get().checked_sub(steps).zip(meter.bytes.get().checked_sub(bytes));
        match left {
            Some((steps, bytes)) if !meter.exhausted.get() => {
                meter.steps.set(steps);
                meter.bytes.set(bytes);
                Ok(())
            }
            _ => {
                meter.exhausted.set(true);
                Err(Exhausted)
            }
        }
    })
}

/// Pays for looking at so many bytes of a text.
pub(super) fn look(bytes: usize) -> Result<(), Exhausted> {
    spend(1 + bytes as u64 / BYTES_PER_STEP, 0)
}

/// Pays for a text of so many bytes.
pub(super) fn text(bytes: usize) -> Result<(), Exhausted> {
    spend(1 + bytes as u64 / BYTES_PER_STEP, bytes as u64 + 96)
}

/// Pays for a term that is run; nobody can be told here that it is too much.
pub(super) fn step() {
    let _ = spend(1, 0);
}

/// Pays for an item, and for a place for it.
pub(super) fn item() -> Result<(), Exhausted> {
    spend(1, ITEM)
}
