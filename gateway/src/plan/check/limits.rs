//! The key `limit` of routes and proxies: the policy that it names exists.

use super::super::read::{At, Collector, one_of};
use super::super::{Limits, Policy, PolicyId};

/// The policy of a route; what names one that there is not has been reported.
pub(super) fn policy(named: Option<&At<String>>, limits: &Limits, mistakes: &Collector) -> Option<PolicyId> {
    let Some(named) = named else { return limits.policy_named(Policy::DEFAULT) };
    if named.value == Policy::NONE {
        return None;
    }
    let found = limits.policy_named(&named.value);
    if found.is_none() {
        let mut known: Vec<&str> = limits.policies.iter().map(|policy| policy.name.as_str()).collect();
        known.push(Policy::NONE);
        mistakes.blame(&named.mark, format!("There is no limit `{}`{}", named.value, one_of(&named.value, &known)));
    }
    found
}
