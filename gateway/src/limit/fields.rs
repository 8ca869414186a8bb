//! `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10): structured fields (RFC 9651), each a list of one
//! string with parameters.

use std::time::Duration;

use governor::clock::Clock;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::limiter::Limiter;
use crate::fields;
use crate::plan::Policy;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// `"sign_in";q=200;w=10`: a quota of 200 calls in 10 seconds.
pub(super) fn policy(policy: &Policy) -> String {
    format!("\"{}\";q={};w={}", policy.name, policy.burst, whole_seconds(policy.window()))
}

/// Sets both fields. Each value is a copy of its own: one that is shared would be counted by all cores in one place.
pub(super) fn write<C: Clock>(headers: &mut HeaderMap, limiter: &Limiter<C>, remaining: u32, reset: Duration) {
    if let Ok(policy) = HeaderValue::from_str(limiter.field()) {
        headers.insert(RATE_LIMIT_POLICY, policy);
    }
    if let Some(standing) = standing(&limiter.policy().name, remaining, whole_seconds(reset)) {
        headers.insert(RATE_LIMIT, standing);
    }
}

/// `"sign_in";r=150;t=3`
fn standing(name: &str, remaining: u32, seconds: u64) -> Option<HeaderValue> {
    let (mut calls, mut time) = (itoa::Buffer::new(), itoa::Buffer::new());
    fields::value(["\"", name, "\";r=", calls.format(remaining), ";t=", time.format(seconds)])
}

/// Rounded up, and at least one: after that time there is something to be had.
fn whole_seconds(duration: Duration) -> u64 {
    (duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_longest_name_and_the_largest_numbers_fit() {
        let name = "n".repeat(Policy::LONGEST_NAME);
        let longest = standing(&name, u32::MAX, u64::MAX).unwrap();
        assert_eq!(longest, format!("\"{name}\";r=4294967295;t=18446744073709551615"));
        assert_eq!(standing("a", 0, 1).unwrap(), "\"a\";r=0;t=1");
    }

    #[test]
    fn a_part_of_a_second_is_a_second() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds, "{millis} ms");
        }
    }
}
