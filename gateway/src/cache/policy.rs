//! Whether an answer may be kept, and for how long: decided once, when it arrives (RFC 9111, section 3).

use http::header::{SET_COOKIE, VARY};
use http::{HeaderMap, StatusCode};

use super::control::Directives;
use super::freshness::{self, Times};
use super::terms::Terms;
use crate::plan::{Caching, Scope};

/// What is not there may appear at any time.
pub(super) const LONGEST_ABSENCE: i64 = 10_000;

/// How long an answer may be used, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// From when it was made.
    pub(crate) lifetime: i64,
    /// How old it was when it arrived.
    pub(crate) age: i64,
    /// After that, while a fresh one is asked for.
    pub(crate) while_revalidate: i64,
    /// After that, where no fresh one is to be had.
    pub(crate) if_error: i64,
    /// Whether it may never be used stale, whatever the client would take.
    pub(crate) must_revalidate: bool,
    /// Whether a service has to be asked each time.
    pub(crate) no_cache: bool,
}

/// Why an answer is not kept, as `Cache-Status` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reason(pub(crate) &'static str);

/// An answer, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
    /// What the parts allow of which it is made.
    pub(crate) terms: Option<&'a Terms>,
    /// Whether it is one user's.
    pub(crate) signed_in: bool,
    pub(crate) times: Times,
}

/// Whether `answer` may be kept for `caching`. `asked` is what the client said, of whom the answer is.
pub(crate) fn judge(caching: &Caching, answer: Answered<'_>, asked: &Directives) -> Result<Allowance, Reason> {
    let Answered { status, headers, terms, signed_in, times } = answer;
    let (mut allowed, targeted) = Directives::of_answer(headers);
    if let Some(terms) = terms {
        terms.restrict(&mut allowed);
    }
    let explicit = match terms {
        Some(terms) => terms.lifetime,
        None => freshness::lifetime(headers, &allowed, targeted, times),
    };
    // What is private belongs to one user; strangers are none.
    let is_shared = !signed_in || !matches!(caching.scope, Scope::User | Scope::Viewer);
    refuse(status, headers, &allowed, asked, is_shared)?;
    let is_absent = matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE);
    let lifetime = match status {
        _ if is_absent => explicit.map(|lifetime| lifetime.min(LONGEST_ABSENCE)),
        _ => match terms {
            Some(terms) => terms.least(caching.ttl.map(in_millis)),
            None => explicit.or(caching.ttl.map(in_millis)),
        },
    };
    let lifetime = if allowed.no_cache { 0 } else { lifetime.ok_or(Reason("no lifetime"))? };
    let must_revalidate = allowed.forbid_stale(targeted) || is_absent;
    // What one part allows is not what the others do, which may say nothing.
    let most = |default| if terms.is_some() { in_millis(default) } else { i64::MAX };
    let stale = |own: Option<u64>, default| match own {
        _ if must_revalidate => 0,
        Some(seconds) => freshness::millis(seconds).min(most(default)),
        None => in_millis(default),
    };
    // What is left of the parts' times is what counts; how old they were is said all the same.
    let age = terms.map_or_else(|| freshness::initial_age(headers, times), |terms| terms.age);
    Ok(Allowance {
        lifetime: if terms.is_some() { lifetime.saturating_add(age) } else { lifetime },
        age,
        while_revalidate: stale(allowed.stale_while_revalidate, caching.stale_while_revalidate),
        if_error: stale(allowed.stale_if_error, caching.stale_if_error),
        must_revalidate,
        no_cache: allowed.no_cache,
    })
}

/// What must not be kept, however long it would be fresh (section 3).
fn refuse(
    status: StatusCode,
    headers: &HeaderMap,
    allowed: &Directives,
    asked: &Directives,
    is_shared: bool,
) -> Result<(), Reason> {
    if !is_understood(status) {
        return Err(Reason("status"));
    }
    // Whoever understands the status heeds what is said with it, and not the `no-store` for those who do not (5.2.2.3).
    if allowed.no_store && !allowed.must_understand {
        return Err(Reason("no-store"));
    }
    if asked.no_store {
        return Err(Reason("request no-store"));
    }
    if allowed.private && is_shared {
        return Err(Reason("private"));
    }
    if headers.contains_key(SET_COOKIE) {
        return Err(Reason("set-cookie"));
    }
    let varies =
        |value: &http::HeaderValue| value.as_bytes().split(|byte| *byte == b',').any(|name| name.trim_ascii() == b"*");
    if headers.get_all(VARY).iter().any(varies) {
        return Err(Reason("vary"));
    }
    Ok(())
}

/// The statuses whose meaning for a cache is known here. 206 is none of them: pieces are not put together.
fn is_understood(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200 | 203 | 204 | 301 | 308 | 404 | 410)
}

/// Whether it is the status of an answer that a stale one may stand in for (RFC 5861, section 4).
pub(super) fn is_failure(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502..=504)
}

/// Whether an answer with this status takes the place of an older one, though it is not kept: others speak of the service, or of
/// one request, and not of the thing. Whoever could end what is kept for all by a request that is refused, or sent elsewhere, could
/// do it all the time; what is kept for one user alone ends when that user is refused.
pub(super) fn is_news(status: StatusCode, is_one_users: bool) -> bool {
    match status.as_u16() {
        200..=299 | 300 | 301 | 308 | 404 | 410 | 451 => true,
        302 | 303 | 307 | 401 | 403 | 405 => is_one_users,
        _ => false,
    }
}

fn in_millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "policy/tests.rs"]
mod tests;
