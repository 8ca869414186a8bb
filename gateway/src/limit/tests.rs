#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;
use std::num::NonZeroU32;

use governor::clock::FakeRelativeClock;
use proptest::prelude::*;

use super::*;
use crate::plan::{Partition, Rate};

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

fn policy(name: &str, rate: &str, burst: u32) -> Policy {
    let (rate, burst) = (Rate::parse(rate).unwrap(), NonZeroU32::new(burst).unwrap());
    Policy { name: name.to_owned(), rate, burst, per: Partition::User }
}

fn of(
    policies: &[Policy],
    old: Option<&Limits<FakeRelativeClock>>,
    clock: &FakeRelativeClock,
) -> Limits<FakeRelativeClock> {
    Limits::with_clock(policies, old, clock)
}

/// What is left and in how many milliseconds all is there again, or how many to wait.
fn took(limits: &Limits<FakeRelativeClock>, policy: usize, user: i64, calls: u32) -> Result<(u32, u128), u128> {
    let (standing, taken) = limits.take(PolicyId(policy), Some(user), CLIENT, calls).unwrap();
    taken.map(|()| (standing.remaining, standing.reset.as_millis())).map_err(|refused| refused.wait.as_millis())
}

#[test]
fn a_burst_is_allowed_then_what_comes_back_with_time() {
    let clock = FakeRelativeClock::default();
    let limits = of(&[policy("a", "10/s", 3)], None, &clock);
    assert_eq!(took(&limits, 0, 7, 1), Ok((2, 100)));
    assert_eq!(took(&limits, 0, 7, 2), Ok((0, 300)));
    assert_eq!(took(&limits, 0, 7, 1), Err(100));
    assert_eq!(took(&limits, 0, 8, 1), Ok((2, 100)), "another user has a bucket of their own");
    clock.advance(Duration::from_millis(99));
    assert_eq!(took(&limits, 0, 7, 1), Err(1));
    clock.advance(Duration::from_millis(1));
    assert_eq!(took(&limits, 0, 7, 1), Ok((0, 300)));
    clock.advance(Duration::from_secs(60));
    assert_eq!(took(&limits, 0, 7, 1), Ok((2, 100)), "a bucket holds no more than a burst");
}

#[test]
fn whoever_is_refused_is_charged_nothing_and_the_dearest_request_is_possible_with_a_full_bucket() {
    let clock = FakeRelativeClock::default();
    let limits = of(&[policy("a", "10/s", 3)], None, &clock);
    assert_eq!(took(&limits, 0, 7, 2), Ok((1, 200)));
    assert_eq!(took(&limits, 0, 7, 2), Err(100));
    let (refused, _) = limits.take(PolicyId(0), Some(7), CLIENT, 2).unwrap();
    assert_eq!(refused.remaining, 1, "what is left is enough for another request");
    assert_eq!(took(&limits, 0, 7, 1), Ok((0, 300)));
    assert_eq!(took(&limits, 0, 7, 9), Err(300));
    clock.advance(Duration::from_millis(300));
    assert_eq!(took(&limits, 0, 7, 9), Ok((0, 300)));
}

#[test]
fn there_are_no_more_buckets_than_a_policy_may_have_and_strangers_share_one() {
    let clock = FakeRelativeClock::default();
    let limiter = Limiter::new(policy("a", "1/s", 2), clock.clone(), 3);
    let take = |user| limiter.take(Key::User(user), NonZeroU32::MIN);
    for known in [1, 2, 3] {
        assert_eq!(take(known), Ok(1));
    }
    assert_eq!(take(4), Ok(1));
    assert_eq!(take(5), Ok(0), "two strangers, one bucket");
    assert!(take(6).is_err());
    assert_eq!(take(1), Ok(0), "who was there before does not notice");
    clock.advance(Duration::from_secs(5));
    limiter.sweep();
    assert_eq!((take(4), take(5), take(6)), (Ok(1), Ok(1), Ok(1)), "full buckets are forgotten");
}

#[test]
fn a_sweep_keeps_what_is_not_full_again() {
    let clock = FakeRelativeClock::default();
    let limits = of(&[policy("a", "1/s", 3)], None, &clock);
    assert_eq!(took(&limits, 0, 7, 3), Ok((0, 3000)));
    clock.advance(Duration::from_millis(1500));
    limits.sweep();
    assert_eq!(took(&limits, 0, 7, 1), Ok((0, 3000)));
    assert_eq!(took(&limits, 0, 7, 1), Err(500));
}

#[test]
fn a_new_plan_keeps_the_buckets_of_policies_that_did_not_change() {
    let clock = FakeRelativeClock::default();
    let (kept, changed) = (policy("kept", "1/s", 2), policy("changed", "1/s", 2));
    let old = of(&[kept.clone(), changed], None, &clock);
    for policy in [0, 1] {
        assert_eq!(took(&old, policy, 7, 2), Ok((0, 2000)));
        assert_eq!(took(&old, policy, 7, 1), Err(1000));
    }
    let new = of(&[policy("changed", "1/s", 3), kept], Some(&old), &clock);
    assert_eq!(took(&new, 1, 7, 1), Err(1000));
    assert_eq!(took(&new, 0, 7, 1), Ok((2, 1000)));
    assert!(
        new.render().ends_with("{policy=\"changed\"} 0\nagora_rate_limited_total{policy=\"kept\"} 2\n"),
        "{}",
        new.render()
    );
}

#[test]
fn the_fields_of_an_answer_are_the_gateways_own() {
    let clock = FakeRelativeClock::default();
    let limits = of(&[policy("sign_in", "20/s", 200)], None, &clock);
    let mut headers = HeaderMap::new();
    for name in ["ratelimit", "ratelimit", "ratelimit-policy"] {
        headers.append(name, http::HeaderValue::from_static("\"theirs\";r=1"));
    }
    let (standing, _) = limits.take(PolicyId(0), Some(7), CLIENT, 50).unwrap();
    limits.finish(standing, &mut headers);
    assert_eq!(headers.len(), 2, "{headers:?}");
    assert_eq!(headers["ratelimit-policy"], "\"sign_in\";q=200;w=10");
    assert_eq!(headers["ratelimit"], "\"sign_in\";r=150;t=3");
}

proptest! {
    /// In every stretch of time: a burst, and what comes back in it. And nobody waits in vain.
    #[test]
    fn what_is_allowed_in_any_stretch_of_time_fits_the_policy(
        calls in 1_u32..2000,
        unit in prop::sample::select(vec!["s", "m", "h"]),
        burst in 1_u32..20,
        steps in prop::collection::vec((0_u64..200, 1_u32..6, any::<bool>()), 1..60),
    ) {
        let clock = FakeRelativeClock::default();
        let limiter = Limiter::new(policy("a", &format!("{calls}/{unit}"), burst), clock.clone(), 1);
        let interval = limiter.interval().as_nanos();
        let (mut now, mut allowed) = (0_u128, Vec::new());
        for (percent, wanted, patient) in steps {
            let pause = Duration::from_nanos(u64::try_from(interval * u128::from(percent) / 100).unwrap());
            clock.advance(pause);
            now += pause.as_nanos();
            let cost = limiter.policy().cost(wanted);
            let mut taken = limiter.take(Key::User(1), cost);
            if let (Err(wait), true) = (taken, patient) {
                clock.advance(wait);
                now += wait.as_nanos();
                taken = limiter.take(Key::User(1), cost);
                prop_assert!(taken.is_ok(), "who waits as told is let in");
            }
            if taken.is_ok() {
                allowed.push((now, u128::from(cost.get())));
            }
        }
        for (first, (start, _)) in allowed.iter().enumerate() {
            let mut sum = 0;
            for (end, cost) in &allowed[first..] {
                sum += cost;
                prop_assert!(sum * interval <= u128::from(burst) * interval + (end - start), "{sum} calls in {} ns", end - start);
            }
        }
    }
}
