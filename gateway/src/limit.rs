//! The limit phase: how often one caller may call the routes that share a policy (GCRA, by the crate `governor`).
//!
//! * A caller is a user, with whatever tokens, else an address, of which trusted proxies may speak; an IPv6 network of 64 bits
//!   is one address, because that is what one subscriber has. A policy may count addresses alone.
//! * A request costs the calls that it makes: one, or the parts that it asks of a composed route; a join counts once, however
//!   many keys it has. What would cost more than a burst costs the whole burst, so a caller who has waited long enough can
//!   always make it. Whoever is refused is charged nothing.
//! * The phase stands after authenticate, since a quota may belong to a user: a token that is not valid is 401 and costs
//!   nothing. A request that is limited has made no call yet.
//! * Memory is bounded: a policy remembers [`MOST_KEYS`] callers. While it is full, those whom it does not know share one
//!   bucket, so that an attacker with many addresses slows down strangers, but neither the process nor callers who were there
//!   before. Once a minute buckets are forgotten that are full again, which are as good as new.
//! * When a plan replaces another, the policies that did not change keep their buckets ([`Limits::renewed`]).
//!
//! Between cores an allowed request shares one shard of a map for reading and its caller's own bucket, which is one atomic number.

mod buckets;
mod fields;
mod key;
mod limiter;

use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use boot::{CancellationToken, Tasks};
use governor::clock::{Clock, DefaultClock};
use http::HeaderMap;

use self::key::Key;
use self::limiter::Limiter;
use crate::compose::select;
use crate::error::GatewayError;
use crate::metrics;
use crate::plan::{Composition, Policy, PolicyId};

/// How many callers a policy tells apart at once: about 5 MB.
pub(crate) const MOST_KEYS: usize = 100_000;
/// How often buckets are forgotten that are full again.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// The policies of a plan, in its order, with the buckets of each.
#[derive(Debug)]
pub(crate) struct Limits<C: Clock = DefaultClock> {
    limiters: Vec<Arc<Limiter<C>>>,
}

/// How a caller stands with the policy of its route, after its request was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    policy: PolicyId,
    /// Calls that may be made at once.
    remaining: u32,
    /// The time until a whole burst may be made again; of a refused request, until it would be allowed.
    reset: Duration,
}

/// A request whose caller has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) wait: Duration,
}

impl From<Refused> for GatewayError {
    fn from(refused: Refused) -> Self {
        Self::RateLimited { wait: refused.wait }
    }
}

impl Limits {
    /// The limits of these policies. Those that `old` has just as they are keep their buckets and counters.
    pub(crate) fn renewed(policies: &[Policy], old: Option<&Self>) -> Self {
        Self::with_clock(policies, old, &DefaultClock::default())
    }

    /// Forgets full buckets once a minute, until nobody has these limits any more.
    pub(crate) fn sweep_in(self: &Arc<Self>, tasks: &Tasks) {
        if !self.limiters.is_empty() {
            tasks.spawn("limits", sweep(Arc::downgrade(self), tasks.token()));
        }
    }
}

impl<C: Clock + Clone> Limits<C> {
    fn with_clock(policies: &[Policy], old: Option<&Self>, clock: &C) -> Self {
        let kept = |policy: &Policy| old?.limiters.iter().find(|limiter| limiter.policy() == policy).map(Arc::clone);
        let limiter = |policy: &Policy| {
            kept(policy).unwrap_or_else(|| Arc::new(Limiter::new(policy.clone(), clock.clone(), MOST_KEYS)))
        };
        let limiters = policies.iter().map(limiter).collect();
        Self { limiters }
    }
}

impl<C: Clock> Limits<C> {
    /// Counts a request of this cost, or refuses it; also how its caller stands. None is a policy that there is not.
    pub(crate) fn take(
        &self,
        policy: PolicyId,
        user: Option<i64>,
        client: IpAddr,
        calls: u32,
    ) -> Option<(Standing, Result<(), Refused>)> {
        let limiter = self.limiters.get(policy.0)?;
        let key = Key::of(limiter.policy().per, user, client);
        let cost = limiter.policy().cost(calls);
        Some(match limiter.take(key, cost) {
            Ok(remaining) => (Standing { policy, remaining, reset: limiter.until_full(remaining) }, Ok(())),
            Err(wait) => {
                let remaining = limiter.left_before(cost, wait);
                (Standing { policy, remaining, reset: wait }, Err(Refused { wait }))
            }
        })
    }

    /// Says in the fields of an answer how its caller stands. What a service says under these names is replaced.
    pub(crate) fn finish(&self, standing: Standing, headers: &mut HeaderMap) {
        if let Some(limiter) = self.limiters.get(standing.policy.0) {
            fields::write(headers, limiter, standing.remaining, standing.reset);
        }
    }

    fn sweep(&self) {
        self.limiters.iter().for_each(|limiter| limiter.sweep());
    }

    /// What was refused, in Prometheus' text format.
    pub(crate) fn render(&self) -> String {
        const NAME: &str = "agora_rate_limited_total";
        let mut text = String::new();
        metrics::head(&mut text, NAME, "counter", "Requests over their caller's quota.");
        for limiter in &self.limiters {
            let policy = format!("policy=\"{}\"", limiter.policy().name);
            metrics::line(&mut text, NAME, &policy, limiter.refused());
        }
        text
    }
}

/// The calls that a request will make. A choice that is not offered makes none: it is refused later, and costs one.
pub(crate) fn calls(composition: Option<&Composition>, query: Option<&str>) -> u32 {
    composition.map_or(1, |composition| select(composition, query).map_or(1, |selection| selection.calls()))
}

async fn sweep(limits: Weak<Limits>, end: CancellationToken) {
    let mut tick = tokio::time::interval(SWEEP_EVERY);
    while end.run_until_cancelled(tick.tick()).await.is_some() {
        let Some(limits) = limits.upgrade() else { break };
        limits.sweep();
    }
}

#[cfg(test)]
mod tests;
