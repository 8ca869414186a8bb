//! One policy with its buckets.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter};

use super::buckets::Buckets;
use super::fields;
use super::key::Key;
use crate::plan::Policy;

/// A policy that counts.
#[derive(Debug)]
pub(super) struct Limiter<C: Clock> {
    policy: Policy,
    limiter: RateLimiter<Key, Buckets, C, StateInformationMiddleware>,
    interval: Duration,
    field: Box<str>,
    /// Counted across cores: whoever is refused is out of the ordinary.
    refused: AtomicU64,
}

impl<C: Clock + Clone> Limiter<C> {
    /// Tells `most` callers apart.
    pub(super) fn new(policy: Policy, clock: C, most: usize) -> Self {
        // The plan has checked that a rate is not so high that nothing is between two calls.
        let interval = (policy.rate.within / policy.rate.calls.get()).max(Duration::from_nanos(1));
        let quota = Quota::with_period(interval).unwrap_or(Quota::per_second(policy.rate.calls));
        let limiter = RateLimiter::new(quota.allow_burst(policy.burst), Buckets::new(most), clock);
        let field = fields::policy(&policy).into();
        Self { policy, limiter, interval, field, refused: AtomicU64::new(0) }
    }
}

impl<C: Clock> Limiter<C> {
    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// `RateLimit-Policy`
    pub(super) fn field(&self) -> &str {
        &self.field
    }

    /// Takes so many calls out of a caller's bucket, or none: then it says how long to wait for them. What is left is told.
    pub(super) fn take(&self, key: Key, cost: NonZeroU32) -> Result<u32, Duration> {
        match self.limiter.check_key_n(&key, cost) {
            Ok(Ok(state)) => Ok(state.remaining_burst_capacity()),
            Ok(Err(until)) => {
                self.refused.fetch_add(1, Relaxed);
                Err(until.wait_time_from(self.limiter.clock().now()))
            }
            // No bucket ever holds so much: not a cost that the policy gave.
            Err(_) => Err(self.policy.window()),
        }
    }

    /// How many calls are left of a bucket that will hold so many after `wait`.
    pub(super) fn left_before(&self, calls: NonZeroU32, wait: Duration) -> u32 {
        let missing = wait.as_nanos().div_ceil(self.interval.as_nanos());
        calls.get().saturating_sub(u32::try_from(missing).unwrap_or(u32::MAX))
    }

    /// The time after which a bucket is full again of which so much is left.
    pub(super) fn until_full(&self, remaining: u32) -> Duration {
        self.interval.saturating_mul(self.policy.burst.get().saturating_sub(remaining))
    }

    /// The time in which one call comes back.
    #[cfg(test)]
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// Forgets the buckets that are full again.
    pub(super) fn sweep(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}
