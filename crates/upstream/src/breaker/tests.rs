#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const PAUSE: u64 = 5_000;

fn breaker() -> Breaker {
    Breaker::new(Some(PAUSE))
}

fn ticket(breaker: &Breaker, now: u64) -> Ticket {
    ticket_of(breaker, now, Pace::Target)
}

fn ticket_of(breaker: &Breaker, now: u64, pace: Pace) -> Ticket {
    match breaker.admit(now, pace) {
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
    assert_eq!(breaker.admit(1_000, Pace::Target), Admission::No(4_000));
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
    assert_eq!(breaker.admit(PAUSE, Pace::Target), Admission::No(0));
    assert_eq!(breaker.state(), BreakerState::Probing);
    breaker.settle(probe, PAUSE, Verdict::Good);
    let probe = ticket(&breaker, PAUSE);
    assert_eq!(breaker.admit(PAUSE, Pace::Target), Admission::No(0));
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
        assert_eq!(breaker.admit(now, Pace::Target), Admission::No(pause));
        now += pause;
    }
    call(&breaker, now, Verdict::Good);
    call(&breaker, now, Verdict::NoAnswer);
    assert_eq!(breaker.admit(now, Pace::Target), Admission::No(60_000), "the second probe counts as well");
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
fn a_probe_that_takes_too_long_counts_no_more_and_another_takes_its_place() {
    let breaker = opened(0);
    let slow = ticket(&breaker, PAUSE);
    assert_eq!(breaker.admit(PAUSE + PROBE - 1, Pace::Target), Admission::No(0));
    let next = ticket(&breaker, PAUSE + PROBE);
    breaker.settle(slow, PAUSE + PROBE, Verdict::NoAnswer);
    assert_eq!(breaker.admit(PAUSE + PROBE, Pace::Target), Admission::No(0), "the other one is still under way");
    breaker.settle(next, PAUSE + PROBE, Verdict::Good);
    let slow = ticket(&breaker, PAUSE + PROBE);
    let next = ticket(&breaker, PAUSE + 2 * PROBE);
    breaker.settle(slow, PAUSE + 2 * PROBE, Verdict::Good);
    assert!(!breaker.is_closed());
    breaker.settle(next, PAUSE + 2 * PROBE, Verdict::Good);
    assert!(breaker.is_closed());
    call(&breaker, PAUSE + 2 * PROBE, Verdict::Bad);
    breaker.settle(slow, PAUSE + 2 * PROBE, Verdict::Good);
    assert_eq!(breaker.window().counted(PAUSE + 2 * PROBE).calls, 1, "nor does it make anything forgotten");
}

#[test]
fn an_upload_holds_no_place_and_counts_only_if_there_was_no_probe() {
    let breaker = opened(0);
    let overtaken = ticket_of(&breaker, PAUSE, Pace::Client);
    assert_eq!(breaker.admit(PAUSE, Pace::Client), Admission::No(0), "one is enough");
    let probe = ticket(&breaker, PAUSE);
    assert_eq!(breaker.admit(PAUSE, Pace::Client), Admission::No(0));
    breaker.settle(overtaken, PAUSE + 1, Verdict::Bad);
    breaker.settle(probe, PAUSE + 1, Verdict::Good);
    let stuck = ticket_of(&breaker, PAUSE + 1, Pace::Client);
    let last = ticket_of(&breaker, PAUSE + 1 + PROBE, Pace::Client);
    breaker.settle(stuck, PAUSE + 1 + PROBE, Verdict::Good);
    assert_eq!(breaker.state(), BreakerState::Probing);
    breaker.settle(last, PAUSE + 1 + PROBE, Verdict::Good);
    assert!(breaker.is_closed(), "a service that gets nothing but uploads comes back as well");
}

#[test]
fn a_call_from_before_it_opened_changes_nothing_after_it() {
    let breaker = breaker();
    let old = ticket(&breaker, 0);
    (0..5).for_each(|_| call(&breaker, 0, Verdict::NoAnswer));
    breaker.settle(old, PAUSE, Verdict::Good);
    breaker.broke(old, PAUSE);
    assert!(breaker.is_due(PAUSE, Pace::Target));
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
fn a_probe_whose_body_breaks_has_failed() {
    let breaker = opened(0);
    let probe = ticket(&breaker, PAUSE);
    breaker.settle(probe, PAUSE, Verdict::Good);
    breaker.broke(probe, PAUSE + 1);
    assert_eq!(breaker.admit(PAUSE + 1, Pace::Target), Admission::No(2 * PAUSE), "twice as long");
    breaker.broke(probe, PAUSE + 2);
    assert_eq!(breaker.openings(), 2, "once");
}

#[test]
fn a_probe_whose_body_breaks_after_another_one_has_failed_changes_nothing() {
    let breaker = opened(0);
    let old = ticket(&breaker, PAUSE);
    breaker.settle(old, PAUSE, Verdict::Good);
    call(&breaker, PAUSE, Verdict::Bad);
    let probe = ticket(&breaker, 3 * PAUSE);
    breaker.broke(old, 3 * PAUSE);
    assert_eq!((breaker.state(), breaker.openings()), (BreakerState::Probing, 2));
    breaker.settle(probe, 3 * PAUSE, Verdict::Good);
    call(&breaker, 3 * PAUSE, Verdict::Good);
    assert!(breaker.is_closed());
}

#[test]
fn a_probe_whose_body_breaks_when_others_have_gone_through_is_one_of_them() {
    let breaker = opened(0);
    let probe = ticket(&breaker, PAUSE);
    breaker.settle(probe, PAUSE, Verdict::Good);
    call(&breaker, PAUSE, Verdict::Good);
    breaker.broke(probe, PAUSE);
    assert!(breaker.is_closed());
    let counted = breaker.window().counted(PAUSE);
    assert_eq!((counted.calls, counted.marks), (1, 1));
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
    /// The call that finds out: its number, since when, and its pace.
    probe: Option<(usize, u64, Pace)>,
    /// How often it has opened or closed.
    turns: usize,
    /// The turn of each call, by its number.
    begun: Vec<usize>,
}

impl Model {
    /// The number of the call, if it is let through.
    fn admit(&mut self, now: u64, pace: Pace) -> Option<usize> {
        if let Some((until, _)) = self.open {
            let is_held = self
                .probe
                .is_some_and(|(_, since, of)| (of == Pace::Target || pace == Pace::Client) && now < since + 10_000);
            if until > now || is_held {
                return None;
            }
            self.probe = Some((self.begun.len(), now, pace));
        }
        self.begun.push(self.turns);
        Some(self.begun.len() - 1)
    }

    fn settle(&mut self, call: usize, now: u64, verdict: Verdict) {
        if self.begun[call] != self.turns {
            return;
        }
        match self.open {
            None => self.count(now, verdict),
            Some((_, pause)) if self.probe.is_some_and(|(probe, ..)| probe == call) => {
                self.probe = None;
                self.judge(now, verdict, pause);
            }
            Some(_) => {}
        }
    }

    fn judge(&mut self, now: u64, verdict: Verdict, pause: u64) {
        match verdict {
            Verdict::Bad | Verdict::NoAnswer => self.open_for(now, (pause * 2).min(60_000)),
            Verdict::Nothing => {}
            Verdict::Good if self.successes == 0 => self.successes = 1,
            Verdict::Good => {
                let (turns, begun) = (self.turns + 1, std::mem::take(&mut self.begun));
                *self = Self { turns, begun, ..Self::default() };
            }
        }
    }

    fn open_for(&mut self, now: u64, pause: u64) {
        self.open = Some((now + pause, pause));
        self.successes = 0;
        self.turns += 1;
    }

    fn count(&mut self, now: u64, verdict: Verdict) {
        if verdict == Verdict::Nothing {
            return;
        }
        let failed = verdict != Verdict::Good;
        self.calls.push((now / 1000, failed));
        self.calls.retain(|(second, _)| now / 1000 - second < 10);
        self.in_a_row = if verdict == Verdict::NoAnswer { self.in_a_row + 1 } else { 0 };
        let failures = self.calls.iter().filter(|(_, failed)| *failed).count();
        let is_half = failed && self.calls.len() >= 20 && failures * 2 >= self.calls.len();
        if self.in_a_row >= 5 || is_half {
            self.open_for(now, PAUSE);
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

/// Mostly the latest of those that are under way ends, so that rows come about; now and then one of long ago.
fn ending() -> impl Strategy<Value = usize> {
    prop_oneof![5 => Just(0), 1 => 0_usize..6]
}

proptest! {
    /// Each step waits, begins a call, and ends one of those that are under way, or none.
    #[test]
    fn it_does_what_the_model_does(
        steps in proptest::collection::vec(
            (
                prop_oneof![5 => 1_u64..300, 1 => 1_u64..20_000],
                prop_oneof![3 => Just(Pace::Target), 1 => Just(Pace::Client)],
                proptest::option::weighted(0.8, (ending(), verdict())),
            ),
            1..300,
        ),
    ) {
        let (breaker, mut model, mut now, mut under_way) = (breaker(), Model::default(), 1_000, Vec::new());
        for (wait, pace, ends) in steps {
            now += wait;
            let (admission, modelled) = (breaker.admit(now, pace), model.admit(now, pace));
            prop_assert_eq!(matches!(admission, Admission::Yes(_)), modelled.is_some(), "at {}", now);
            if let (Admission::Yes(ticket), Some(call)) = (admission, modelled) {
                under_way.push((ticket, call));
            }
            now += 1 + wait / 2;
            if let Some((back, verdict)) = ends
                && let Some(at) = under_way.len().checked_sub(1 + back)
            {
                let (ticket, call) = under_way.remove(at);
                breaker.settle(ticket, now, verdict);
                model.settle(call, now, verdict);
            }
            prop_assert_eq!(breaker.is_closed(), model.open.is_none(), "at {}", now);
        }
    }
}
