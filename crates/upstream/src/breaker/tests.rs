#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const PAUSE: u64 = 5_000;

fn breaker() -> Breaker {
    Breaker::new(Some(PAUSE))
}

fn ticket(breaker: &Breaker, now: u64) -> Ticket {
    match breaker.admit(now) {
        Admission::Yes(ticket) => ticket,
        Admission::No(wait) => panic!("not admitted at {now} for another {wait} ms"),
    }
}

fn call(breaker: &Breaker, now: u64, verdict: Verdict) {
    breaker.settle(ticket(breaker, now), now, verdict);
}

fn opened(now: u64) -> Breaker {
    let breaker = breaker();
    (0..5).for_each(|_| call(&breaker, now, Verdict::NoAnswer));
    breaker
}

#[test]
fn five_calls_in_a_row_without_an_answer_open_it() {
    let breaker = breaker();
    (0..4).for_each(|_| call(&breaker, 0, Verdict::NoAnswer));
    call(&breaker, 0, Verdict::Bad);
    (0..4).for_each(|_| call(&breaker, 0, Verdict::NoAnswer));
    assert!(breaker.is_closed(), "an answer, even a bad one, ends the row");
    call(&breaker, 0, Verdict::NoAnswer);
    assert_eq!(breaker.admit(1_000), Admission::No(4_000));
    assert_eq!((breaker.state(), breaker.openings()), (BreakerState::Open, 1));
}

#[test]
fn half_of_twenty_calls_that_failed_open_it() {
    let breaker = breaker();
    (0..10).for_each(|_| call(&breaker, 0, Verdict::Good));
    (0..9).for_each(|_| call(&breaker, 9_000, Verdict::Bad));
    assert!(breaker.is_closed(), "19 calls are too few to tell");
    call(&breaker, 9_999, Verdict::Bad);
    assert!(!breaker.is_closed());
}

#[test]
fn failures_of_more_than_ten_seconds_ago_do_not_count() {
    let breaker = breaker();
    (0..19).for_each(|_| call(&breaker, 0, Verdict::Bad));
    call(&breaker, 10_000, Verdict::Bad);
    assert!(breaker.is_closed());
}

#[test]
fn cancelled_calls_do_not_count() {
    let breaker = breaker();
    (0..100).for_each(|_| call(&breaker, 0, Verdict::Nothing));
    assert_eq!(breaker.window().counted(0).calls, 0);
}

#[test]
fn one_probe_at_a_time_and_two_good_ones_close_it() {
    let breaker = opened(0);
    let probe = ticket(&breaker, PAUSE);
    assert_eq!(breaker.admit(PAUSE), Admission::No(0));
    assert_eq!(breaker.state(), BreakerState::Probing);
    breaker.settle(probe, PAUSE, Verdict::Good);
    let probe = ticket(&breaker, PAUSE);
    assert_eq!(breaker.admit(PAUSE), Admission::No(0));
    breaker.settle(probe, PAUSE, Verdict::Good);
    assert!(breaker.is_closed());
    assert_eq!(breaker.window().counted(PAUSE).calls, 0, "it starts anew");
}

#[test]
fn each_probe_that_fails_doubles_the_pause_up_to_a_minute() {
    let breaker = opened(0);
    let mut now = PAUSE;
    for pause in [10_000, 20_000, 40_000, 60_000, 60_000] {
        call(&breaker, now, Verdict::Bad);
        assert_eq!(breaker.admit(now), Admission::No(pause));
        now += pause;
    }
    call(&breaker, now, Verdict::Good);
    call(&breaker, now, Verdict::NoAnswer);
    assert_eq!(breaker.admit(now), Admission::No(60_000), "the second probe counts as well");
}

#[test]
fn a_probe_that_was_given_up_frees_its_place() {
    let breaker = opened(0);
    call(&breaker, PAUSE, Verdict::Nothing);
    call(&breaker, PAUSE, Verdict::Good);
    call(&breaker, PAUSE, Verdict::Nothing);
    call(&breaker, PAUSE, Verdict::Good);
    assert!(breaker.is_closed());
}

#[test]
fn a_call_from_before_it_opened_changes_nothing_after_it() {
    let breaker = breaker();
    let old = ticket(&breaker, 0);
    (0..5).for_each(|_| call(&breaker, 0, Verdict::NoAnswer));
    breaker.settle(old, PAUSE, Verdict::Good);
    breaker.broke(old, PAUSE);
    assert!(breaker.is_due(PAUSE));
    (0..2).for_each(|_| call(&breaker, PAUSE, Verdict::Good));
    breaker.settle(old, PAUSE, Verdict::NoAnswer);
    assert_eq!(breaker.window().counted(PAUSE).calls, 0);
}

#[test]
fn bodies_that_break_after_their_head_open_it_too() {
    let breaker = breaker();
    for _ in 0..20 {
        let ticket = ticket(&breaker, 0);
        breaker.settle(ticket, 0, Verdict::Good);
        breaker.broke(ticket, 0);
    }
    assert!(!breaker.is_closed());
}

#[test]
fn one_that_is_switched_off_counts_and_never_opens() {
    let breaker = Breaker::new(None);
    (0..100).for_each(|_| call(&breaker, 0, Verdict::NoAnswer));
    assert!(breaker.is_closed());
    assert_eq!(breaker.window().counted(0).calls, 100);
}

/// The same rules, written down as plainly as possible.
#[derive(Debug, Default)]
struct Model {
    calls: Vec<(u64, bool)>,
    in_a_row: u32,
    /// Until when, and how long that was; none where it is closed.
    open: Option<(u64, u64)>,
    successes: u32,
    probing: bool,
}

impl Model {
    fn admits(&self, now: u64) -> bool {
        self.open.is_none_or(|(until, _)| until <= now && !self.probing)
    }

    fn settle(&mut self, now: u64, verdict: Verdict) {
        let failed = matches!(verdict, Verdict::Bad | Verdict::NoAnswer);
        if let Some((until, pause)) = self.open {
            self.probing = false;
            match (failed, verdict) {
                (true, _) => {
                    (self.open, self.successes) = (Some((now + (pause * 2).min(60_000), (pause * 2).min(60_000))), 0)
                }
                (false, Verdict::Nothing) => self.open = Some((until.min(now), pause)),
                (false, _) if self.successes == 1 => *self = Self::default(),
                (false, _) => self.successes = 1,
            }
            return;
        }
        if verdict == Verdict::Nothing {
            return;
        }
        self.calls.push((now / 1000, failed));
        self.calls.retain(|(second, _)| now / 1000 - second < 10);
        self.in_a_row = if verdict == Verdict::NoAnswer { self.in_a_row + 1 } else { 0 };
        let failures = self.calls.iter().filter(|(_, failed)| *failed).count();
        let is_half = failed && self.calls.len() >= 20 && failures * 2 >= self.calls.len();
        if self.in_a_row >= 5 || is_half {
            self.open = Some((now + PAUSE, PAUSE));
        }
    }
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        4 => Just(Verdict::Good),
        3 => Just(Verdict::Bad),
        3 => Just(Verdict::NoAnswer),
        1 => Just(Verdict::Nothing),
    ]
}

proptest! {
    /// Each step waits, begins a call, and ends one of those that are under way.
    #[test]
    fn it_does_what_the_model_does(
        steps in proptest::collection::vec((prop_oneof![5 => 0_u64..300, 1 => 0_u64..20_000], verdict(), any::<bool>()), 1..300),
    ) {
        let (breaker, mut model, mut now) = (breaker(), Model::default(), 1_000);
        for (wait, verdict, asks_twice) in steps {
            now += wait;
            let admission = breaker.admit(now);
            prop_assert_eq!(matches!(admission, Admission::Yes(_)), model.admits(now), "at {}", now);
            let Admission::Yes(ticket) = admission else { continue };
            model.probing = model.open.is_some();
            if asks_twice && model.probing {
                prop_assert!(matches!(breaker.admit(now), Admission::No(_)));
            }
            now += wait / 2;
            breaker.settle(ticket, now, verdict);
            model.settle(now, verdict);
            prop_assert_eq!(breaker.is_closed(), model.open.is_none(), "at {}", now);
        }
    }
}
