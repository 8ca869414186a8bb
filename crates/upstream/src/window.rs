//! What happened in the last ten seconds, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const SECONDS: u64 = 10;

/// A slot is (second, calls, marks): 24, 20 and 20 bits. A second has room for a million calls, and seconds repeat after
/// half a year, so a slot that nobody has written to for exactly that long would be taken for a new one.
const CALL: u64 = 1 << 20;
const SECOND_AT: u32 = 40;
const FIELD: u64 = CALL - 1;
const SECOND: u64 = (1 << 24) - 1;

/// How far the clock of who counts may be behind that of who has counted before, in seconds. A slot is renewed at any other
/// age, however old it is.
const LATE: u64 = 60;

/// How many calls there were in the last ten seconds, and how many of them were marked.
///
/// Ten slots, one a second. Counting is one addition; only the first one of a second has to renew the slot. A count that
/// crosses a renewal may land in the newer second.
#[derive(Debug, Default)]
pub(crate) struct Window([AtomicU64; SECONDS as usize]);

/// What a window has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) calls: u64,
    pub(crate) marks: u64,
}

impl Window {
    /// Counts a call, marked or not.
    pub(crate) fn call(&self, now_ms: u64, marked: bool) {
        self.add(now_ms, CALL + u64::from(marked));
    }

    /// Marks a call that was counted before.
    pub(crate) fn mark(&self, now_ms: u64) {
        self.add(now_ms, 1);
    }

    /// Takes back a mark that was made at `now_ms`.
    pub(crate) fn unmark(&self, now_ms: u64) {
        let second = (now_ms / 1000) & SECOND;
        let Some(slot) = self.slot(second) else { return };
        let without = |seen: u64| (seen >> SECOND_AT == second && seen & FIELD > 0).then(|| seen - 1);
        // Where the slot was renewed since, the mark is gone anyway.
        let _renewed = slot.fetch_update(Relaxed, Relaxed, without);
    }

    fn slot(&self, second: u64) -> Option<&AtomicU64> {
        self.0.get((second % SECONDS) as usize)
    }

    fn add(&self, now_ms: u64, amount: u64) {
        let second = (now_ms / 1000) & SECOND;
        let Some(slot) = self.slot(second) else { return };
        loop {
            let seen = slot.load(Relaxed);
            let age = second.wrapping_sub(seen >> SECOND_AT) & SECOND;
            if age == 0 {
                slot.fetch_add(amount, Relaxed);
                return;
            }
            // Whoever comes so late that the slot has a newer second is not counted any more.
            let is_late = age > SECOND - LATE;
            if is_late || slot.compare_exchange(seen, second << SECOND_AT | amount, Relaxed, Relaxed).is_ok() {
                return;
            }
        }
    }

    pub(crate) fn counted(&self, now_ms: u64) -> Counted {
        let second = (now_ms / 1000) & SECOND;
        let mut counted = Counted::default();
        for slot in &self.0 {
            let seen = slot.load(Relaxed);
            if second.wrapping_sub(seen >> SECOND_AT) & SECOND < SECONDS {
                counted.calls += (seen >> 20) & FIELD;
                counted.marks += seen & FIELD;
            }
        }
        counted
    }

    pub(crate) fn clear(&self) {
        for slot in &self.0 {
            slot.store(0, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_ten_seconds_is_forgotten() {
        let window = Window::default();
        window.call(500, true);
        window.call(9_999, false);
        assert_eq!(window.counted(9_999), Counted { calls: 2, marks: 1 });
        assert_eq!(window.counted(10_000), Counted { calls: 1, marks: 0 });
        window.call(10_500, true);
        assert_eq!(window.counted(19_000), Counted { calls: 1, marks: 1 });
        assert_eq!(window.counted(20_500), Counted::default());
    }

    #[test]
    fn who_comes_too_late_is_not_counted() {
        let window = Window::default();
        window.call(25_000, false);
        window.call(15_000, true);
        assert_eq!(window.counted(25_000), Counted { calls: 1, marks: 0 });
    }

    #[test]
    fn a_slot_is_renewed_however_old_it_is() {
        const DAY: u64 = 24 * 60 * 60 * 1000;
        for days in [1, 96, 98, 150, 193, 195, 1_000] {
            let window = Window::default();
            window.call(days * DAY, true);
            assert_eq!(
                window.counted(days * DAY),
                Counted { calls: 1, marks: 1 },
                "one that was never used, day {days}"
            );
            let window = Window::default();
            window.call(5_000, true);
            window.call(days * DAY + 5_000, false);
            assert_eq!(window.counted(days * DAY + 5_000), Counted { calls: 1, marks: 0 }, "day {days}");
        }
    }

    #[test]
    fn a_mark_can_be_taken_back_once() {
        let window = Window::default();
        window.call(1_000, false);
        window.mark(1_000);
        window.unmark(1_000);
        window.unmark(1_000);
        assert_eq!(window.counted(1_000), Counted { calls: 1, marks: 0 });
    }

    #[test]
    fn threads_that_count_at_once_lose_nothing() {
        let window = Window::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1_000).for_each(|at| window.call(5_000 + at, at % 2 == 0)));
            }
        });
        assert_eq!(window.counted(6_000), Counted { calls: 4_000, marks: 2_000 });
    }
}
