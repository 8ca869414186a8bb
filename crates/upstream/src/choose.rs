//! Which target gets a call.

use std::sync::Arc;
use std::time::Duration;

use crate::breaker::{Admission, Pace};
use crate::target::{Permit, Target};

/// What is known of a call before its target is chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    /// In milliseconds.
    pub(crate) now: u64,
    /// Any number, differing from call to call.
    pub(crate) turn: u64,
    /// The target at which this request has failed already.
    pub(crate) avoid: Option<usize>,
    /// Whether the call may be the one that finds out whether a target is back: it could be repeated elsewhere.
    pub(crate) probes: bool,
    pub(crate) pace: Pace,
}

/// Chooses the less loaded of two different targets chosen at random ("power of two choices", Mitzenmacher 2001) among
/// those that are well. A target whose breaker has had its pause gets one call first.
///
/// # Errors
///
/// How long every target is to be left alone.
pub(crate) fn choose(targets: &[Arc<Target>], wish: Wish) -> Result<Permit<'_>, Duration> {
    if let [only] = targets {
        return admit(0, only, wish);
    }
    // Where no target is well, all are used: active checks never take the last one out.
    let is_any_healthy = targets.iter().any(|target| target.is_healthy());
    let usable = |index: usize, target: &Target| (target.is_healthy() || !is_any_healthy) && wish.avoid != Some(index);
    let probed = |permitted: bool| {
        let mut due = targets.iter().enumerate().filter(|(index, target)| {
            permitted && usable(*index, target) && target.breaker().is_due(wish.now, wish.pace)
        });
        due.find_map(|(index, target)| admit(index, target, wish).ok())
    };
    if let Some(probe) = probed(wish.probes) {
        return Ok(probe);
    }
    if let Some(index) =
        of_two(targets, wish.turn, |index, target| usable(index, target) && target.breaker().is_closed())
        && let Ok(permit) = admit(index, &targets[index], wish)
    {
        return Ok(permit);
    }
    // Better to probe, or to ask the one that has just failed, than not to ask at all.
    probed(true).map_or_else(|| last_resort(targets, wish), Ok)
}

fn last_resort(targets: &[Arc<Target>], wish: Wish) -> Result<Permit<'_>, Duration> {
    let mut shortest = Duration::MAX;
    for (index, target) in targets.iter().enumerate() {
        match admit(index, target, wish) {
            Ok(permit) => return Ok(permit),
            Err(wait) => shortest = shortest.min(wait),
        }
    }
    Err(shortest)
}

fn admit(index: usize, target: &Arc<Target>, wish: Wish) -> Result<Permit<'_>, Duration> {
    match target.breaker().admit(wish.now, wish.pace) {
        Admission::Yes(ticket) => Ok(Permit::new(index, wish.now, target, ticket)),
        Admission::No(millis) => Err(Duration::from_millis(millis)),
    }
}

/// The less loaded of two random ones that are open to calls.
fn of_two(targets: &[Arc<Target>], turn: u64, is_open: impl Fn(usize, &Target) -> bool) -> Option<usize> {
    let open = || targets.iter().enumerate().filter(|(index, target)| is_open(*index, target));
    let count = open().count();
    if count == 0 {
        return None;
    }
    let random = mixed(turn) as usize;
    let first = random % count;
    let second = if count > 1 { (first + 1 + (random >> 32) % (count - 1)) % count } else { first };
    let (first, second) = (open().nth(first)?, open().nth(second)?);
    Some(if second.1.load() < first.1.load() { second.0 } else { first.0 })
}

/// Spreads a counter over all its bits (SplitMix64, Steele et al. 2014): random enough to choose a target or a pause.
pub(crate) fn mixed(turn: u64) -> u64 {
    let mut bits = turn.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::breaker::Verdict;

    const PAUSE: u64 = 1_000_000;

    fn targets(count: usize) -> Vec<Arc<Target>> {
        (0..count).map(|index| Arc::new(Target::new(&index.to_string(), Some(PAUSE)))).collect()
    }

    fn wish(turn: u64) -> Wish {
        Wish { now: 0, turn, avoid: None, probes: true, pace: Pace::Target }
    }

    /// Opens the breaker of a target for a long time.
    fn open(target: &Arc<Target>) {
        for _ in 0..5 {
            admit(0, target, wish(0)).unwrap().settle(Verdict::NoAnswer);
        }
        assert!(!target.breaker().is_closed());
    }

    fn chosen(targets: &[Arc<Target>], wish: Wish) -> usize {
        choose(targets, wish).unwrap().index
    }

    #[test]
    fn the_busiest_of_several_targets_is_never_chosen_and_every_other_one_is() {
        let targets = targets(3);
        let _busy = admit(1, &targets[1], wish(0)).unwrap();
        let chosen: Vec<usize> = (0..200).map(|turn| chosen(&targets, wish(turn))).collect();
        let times = |target: usize| chosen.iter().filter(|index| **index == target).count();
        assert_eq!(times(1), 0);
        assert!(times(0) > 50 && times(2) > 50, "{} and {}", times(0), times(2));
    }

    #[test]
    fn an_open_target_gets_no_call_and_all_open_say_how_long() {
        let targets = targets(2);
        open(&targets[0]);
        assert!((0..50).all(|turn| chosen(&targets, wish(turn)) == 1));
        open(&targets[1]);
        let wait = choose(&targets, wish(0)).unwrap_err();
        assert!(wait <= Duration::from_millis(2 * PAUSE) && wait > Duration::ZERO, "{wait:?}");
    }

    #[test]
    fn a_target_whose_pause_is_over_gets_one_call_that_could_be_repeated() {
        let targets = targets(2);
        open(&targets[0]);
        let later = Wish { now: 3 * PAUSE, ..wish(0) };
        assert_eq!(chosen(&targets, Wish { probes: false, ..later }), 1, "no probe for what cannot be repeated");
        let probe = choose(&targets, later).unwrap();
        assert_eq!(probe.index, 0);
        assert_eq!(chosen(&targets, later), 1, "one probe at a time");
        drop(probe);
        assert_eq!(chosen(&targets, later), 0, "a probe that was dropped leaves its place");
    }

    #[test]
    fn an_upload_keeps_nothing_from_finding_out_whether_a_target_is_back_not_even_the_only_one() {
        for count in [1, 2] {
            let targets = targets(count);
            targets.iter().for_each(open);
            let later = Wish { now: 3 * PAUSE, ..wish(0) };
            let upload = Wish { probes: false, pace: Pace::Client, ..later };
            let uploads: Vec<_> = (0..count).map(|_| choose(&targets, upload).unwrap()).collect();
            assert!(choose(&targets, upload).is_err(), "one at a time and target");
            let probes: Vec<_> = (0..count).map(|_| choose(&targets, later).unwrap()).collect();
            assert!(choose(&targets, later).is_err() && choose(&targets, upload).is_err());
            uploads.into_iter().chain(probes).for_each(|mut permit| permit.settle(Verdict::Good));
            assert!(
                targets.iter().all(|target| !target.breaker().is_closed()),
                "an upload that was overtaken counts not"
            );
        }
    }

    #[test]
    fn a_target_that_has_failed_this_request_is_avoided_while_there_is_another() {
        let targets = targets(2);
        let again = |turn| Wish { avoid: Some(0), ..wish(turn) };
        assert!((0..50).all(|turn| chosen(&targets, again(turn)) == 1));
        open(&targets[1]);
        assert_eq!(chosen(&targets, again(0)), 0);
    }

    #[test]
    fn a_sick_target_is_taken_out_but_never_the_last_one() {
        let targets = targets(2);
        targets[0].checked(false);
        assert!((0..50).any(|turn| chosen(&targets, wish(turn)) == 0), "one miss is none");
        targets[0].checked(false);
        assert!((0..50).all(|turn| chosen(&targets, wish(turn)) == 1));
        targets[1].checked(false);
        targets[1].checked(false);
        assert!((0..50).any(|turn| chosen(&targets, wish(turn)) == 0));
        targets[0].checked(true);
        assert!((0..50).all(|turn| chosen(&targets, wish(turn)) == 0));
    }
}
