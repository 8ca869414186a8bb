//! At most one more attempt, where it is safe, sensible and paid for.
//!
//! * *Safe*: not a byte of the request was sent, or its method is idempotent (RFC 9110, section 9.2.2) and its body in memory.
//! * *Sensible*: the connection failed or broke, or the answer was 502, 503 or 504. Never after a timeout: the caller has
//!   waited already, and a service that is slow gets no faster by being asked twice.
//! * *Paid for*: in ten seconds a service gets at most a fifth more calls by retries, and thirty. So a full outage does not
//!   double the load.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::{Method, Request, StatusCode};

use crate::Inner;
use crate::attempt::{Answer, Lost, attempt};
use crate::body::RequestBody;
use crate::choose::{choose, mixed};
use crate::clock::now_ms;
use crate::failure::Failure;
use crate::kept::Kept;
use crate::pool::Pool;
use crate::target::Permit;
use crate::terms::Terms;
use crate::window::Window;

/// Retries of a service in ten seconds, beside a fifth of its calls.
const RESERVE: u64 = 30;

/// The pause before a retry at the same target is any time between these, in milliseconds.
const PAUSE: std::ops::RangeInclusive<u64> = 25..=250;

/// What retries of one service have cost.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    retries: Window,
    total: AtomicU64,
}

impl Budget {
    /// Takes one retry out of it, if there is one left. `attempts` are those of the last ten seconds, retries included.
    fn spend(&self, now: u64, attempts: u64) -> bool {
        // Marked before it is looked at: of two threads that want the last one, none gets two.
        self.retries.mark(now);
        let retries = self.retries.counted(now).marks;
        let calls = attempts.saturating_sub(retries.saturating_sub(1));
        if retries <= calls / 5 + RESERVE {
            self.total.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        self.retries.unmark(now);
        false
    }

    /// All retries so far.
    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }
}

/// Whether repeating a request of this method means the same as sending it once (RFC 9110, section 9.2.2).
#[must_use]
pub fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE | Method::PUT | Method::DELETE)
}

/// A target that is down or busy says so, and another attempt may find it, or another one, better.
fn is_worth_another(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
}

/// Makes a call, and makes it once more where that helps.
pub(crate) fn send<'a>(
    inner: &'a Inner,
    pool: &'a Pool,
    request: &'a mut Request<RequestBody>,
    terms: Terms<'a>,
) -> impl Future<Output = Result<Answer, Failure>> + Send + 'a {
    // No `async fn`: that would have a second place for the terms.
    let mut terms = terms;
    async move {
        let _place = inner.bulkhead(&terms).enter().ok_or(Failure::BulkheadFull)?;
        let repeatable = is_idempotent(request.method());
        let pace = request.body().pace();
        let keeps = repeatable && inner.policy.retries && request.body().is_kept();
        let kept = if keeps && inner.is_local() { Kept::of(request) } else { None };
        let permit = choose(&inner.targets, inner.wish(None, repeatable, pace)).map_err(Failure::CircuitOpen)?;
        let tried = permit.index;
        let first = attempt(inner, pool, permit, request, &mut terms).await;
        let again = match again(inner, (pool, request), first, (keeps, kept)) {
            Again::No(answered) => return answered,
            // Rare, and large: it has no place in the future of every call.
            Again::Once(first, request) => Box::pin(once_more(inner, pool, (first, tried), *request, &mut terms)),
        };
        again.await
    }
}

/// Whether a call is worth a second attempt, and with what.
enum Again {
    No(Result<Answer, Failure>),
    Once(Result<Answer, Lost>, Box<Request<RequestBody>>),
}

fn again(
    inner: &Inner,
    (pool, request): (&Pool, &mut Request<RequestBody>),
    first: Result<Answer, Lost>,
    (keeps, kept): (bool, Option<Kept>),
) -> Again {
    // What was sent over a connection is still in its place, but for a body that streams in.
    let kept = || kept.map_or_else(|| keeps.then(|| std::mem::take(request)), Kept::into_request);
    let again = match &first {
        Ok(response) if is_worth_another(response.status()) => kept(),
        Err(Lost::Broken(_)) => kept(),
        Err(Lost::Unsent(_)) if inner.policy.retries => Some(std::mem::take(request)),
        Ok(_) | Err(Lost::Unsent(_) | Lost::Final(_)) => None,
    };
    match again {
        Some(request) => Again::Once(first, Box::new(request)),
        None => {
            pool.give_map(std::mem::take(request.headers_mut()));
            Again::No(first.map_err(Lost::failure))
        }
    }
}

/// The second attempt, if there may be one; otherwise what came of the first.
async fn once_more(
    inner: &Inner,
    pool: &Pool,
    (first, tried): (Result<Answer, Lost>, usize),
    request: Request<RequestBody>,
    terms: &mut Terms<'_>,
) -> Result<Answer, Failure> {
    let (repeatable, pace) = (is_idempotent(request.method()), request.body().pace());
    let choose = || choose(&inner.targets, inner.wish(Some(tried), repeatable, pace)).ok();
    let Some(permit) = second(inner, tried, choose, terms.deadline()).await else {
        return first.map_err(Lost::failure);
    };
    if let Some(witness) = terms.witness.filter(|_| !matches!(first, Err(Lost::Unsent(_)))) {
        witness.repeats();
    }
    match (attempt(inner, pool, permit, &mut { request }, terms).await, first) {
        (Ok(response), _) => Ok(response),
        // An answer, if a bad one, says more than none.
        (Err(_), Ok(first)) => Ok(first),
        (Err(lost), Err(_)) => Err(lost.failure()),
    }
}

/// Where the second attempt goes, if there may be one: to another target at once, or to the same after a pause.
async fn second<'a>(
    inner: &'a Inner,
    tried: usize,
    choose: impl Fn() -> Option<Permit<'a>>,
    deadline: Instant,
) -> Option<Permit<'a>> {
    let permit = choose()?;
    if permit.index != tried {
        let is_time_left = Instant::now() < deadline;
        return (is_time_left && inner.budget.spend(now_ms(), inner.attempts())).then_some(permit);
    }
    // Not kept during the pause: it may be the only probe.
    drop(permit);
    let spread = PAUSE.end() - PAUSE.start() + 1;
    let pause = Duration::from_millis(PAUSE.start() + mixed(inner.turn()) % spread);
    if Instant::now() + pause >= deadline || !inner.budget.spend(now_ms(), inner.attempts()) {
        return None;
    }
    tokio::time::sleep(pause).await;
    choose()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_budget_is_a_fifth_of_the_calls_and_thirty() {
        let budget = Budget::default();
        let mut spent = 0;
        for _ in 0..1_000 {
            spent += u64::from(budget.spend(5_000, 100 + spent));
        }
        assert_eq!(spent, 20 + 30);
        assert_eq!(budget.total(), 50);
        assert!(budget.spend(15_000, 0), "ten seconds later it is new");
    }

    #[test]
    fn only_idempotent_methods_are_repeatable() {
        for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"] {
            assert!(is_idempotent(&Method::try_from(method).unwrap()), "{method}");
        }
        for method in ["POST", "PATCH", "CONNECT", "REPORT"] {
            assert!(!is_idempotent(&Method::try_from(method).unwrap()), "{method}");
        }
    }
}
