//! How long a call may take, and what it brings back.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use futures_util::future::{MaybeDone, maybe_done};

use crate::added::Field;
use crate::clock::ms_at;
use crate::witness::Witness;

/// While a body streams in, its own limits apply; this only bounds what nothing else does.
const WHILE_STREAMING: Duration = Duration::from_secs(24 * 3600);

/// The terms of one call.
#[derive(Debug)]
pub struct Terms<'a> {
    deadline: Deadline,
    pub(crate) collect: u64,
    pub(crate) tells: bool,
    pub(crate) excuses: bool,
    usual: Duration,
    pub(crate) witness: Option<&'a dyn Witness>,
    pub(crate) fields: &'a [Option<Field<'a>>],
}

pub(crate) enum Deadline {
    At(Instant),
    /// So long after the upload has ended. A second attempt may find that it has.
    AfterUpload(MaybeDone<Pin<Box<dyn Future<Output = ()> + Send>>>, Duration),
}

impl fmt::Debug for Deadline {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => formatter.debug_tuple("At").field(at).finish(),
            Self::AfterUpload(_, then) => formatter.debug_tuple("AfterUpload").field(then).finish(),
        }
    }
}

impl<'a> Terms<'a> {
    /// All of it, retries and pauses included, has to be over at this moment.
    #[must_use]
    pub fn until(deadline: Instant) -> Self {
        Self::new(Deadline::At(deadline))
    }

    /// The body of the request streams in: the answer has to begin `then` after it has `ended`.
    #[must_use]
    pub fn after_upload(ended: impl Future<Output = ()> + Send + 'static, then: Duration) -> Self {
        Self::new(Deadline::AfterUpload(maybe_done(Box::pin(ended)), then))
    }

    fn new(deadline: Deadline) -> Self {
        Self { deadline, collect: 0, tells: false, excuses: false, usual: Duration::ZERO, witness: None, fields: &[] }
    }

    /// Answers whose length is known and at most so many bytes are complete when they are handed on, within the
    /// deadline: one that is cut is a failure instead, and can be tried again.
    #[must_use]
    pub fn collecting(mut self, bytes: u64) -> Self {
        self.collect = bytes;
        self
    }

    /// The service is told how long it has ([`crate::TIMEOUT`]), unless the request streams in.
    #[must_use]
    pub fn telling(mut self) -> Self {
        self.tells = true;
        self
    }

    /// An answer of 5xx says nothing of the target as a whole: its breaker takes it as any other.
    #[must_use]
    pub fn excusing(mut self) -> Self {
        self.excuses = true;
        self
    }

    /// How long such a call may take where nothing has taken of its time before. One that has less than half of that says nothing of
    /// its target when its time is over.
    #[must_use]
    pub fn usually(mut self, time: Duration) -> Self {
        self.usual = time;
        self
    }

    /// Somebody is told what comes of each attempt.
    #[must_use]
    pub fn witnessed(mut self, witness: Option<&'a dyn Witness>) -> Self {
        self.witness = witness;
        self
    }

    /// Fields that are sent behind those of the request and are no part of it, as far as there is one. None of them says how the
    /// request is framed, or anything of the connection.
    #[must_use]
    pub fn adding(mut self, fields: &'a [Option<Field<'a>>]) -> Self {
        self.fields = fields;
        self
    }

    pub(crate) fn is_upload(&self) -> bool {
        matches!(self.deadline, Deadline::AfterUpload(..))
    }

    /// When the call that begins now has to be over.
    pub(crate) fn deadline(&self) -> Instant {
        match &self.deadline {
            Deadline::At(at) => *at,
            Deadline::AfterUpload(..) => Instant::now() + WHILE_STREAMING,
        }
    }

    /// When what follows the head has to be there.
    pub(crate) fn rest(&self) -> Instant {
        match &self.deadline {
            Deadline::At(at) => *at,
            Deadline::AfterUpload(_, then) => Instant::now() + *then,
        }
    }

    /// How many milliseconds, at least one, were left at `now`, where that is known.
    pub(crate) fn left(&self, now: u64) -> Option<u64> {
        match &self.deadline {
            // Both were rounded down: what is told may be one too few, but is never more than there is.
            Deadline::At(at) => Some(ms_at(*at).saturating_sub(now + 1).max(1)),
            Deadline::AfterUpload(..) => None,
        }
    }

    /// Whether so little was left at `now` that a target which is well may not manage.
    pub(crate) fn are_short(&self, now: u64) -> bool {
        self.left(now).is_some_and(|left| Duration::from_millis(left) < self.usual / 2)
    }

    /// Waits until an upload has ended too long ago; none where the deadline is a moment.
    pub(crate) fn overdue(&mut self) -> Option<Pin<Box<dyn Future<Output = ()> + Send + '_>>> {
        match &mut self.deadline {
            Deadline::At(_) => None,
            Deadline::AfterUpload(ended, then) => Some(Box::pin(async move {
                ended.await;
                tokio::time::sleep(*then).await;
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_never_told_more_than_is_left() {
        let began = Instant::now() + Duration::from_secs(1);
        for (early, late) in [(0, 0), (1, 999), (999, 1), (500, 500), (999, 0), (0, 999)] {
            let (asked, at) = (began + Duration::from_micros(early), began + Duration::from_micros(20_000 + late));
            let told = Terms::until(at).left(ms_at(asked)).map(Duration::from_millis);
            let left = at - asked;
            assert!(
                told.is_some_and(|told| told <= left && told + Duration::from_millis(2) >= left),
                "{told:?} of {left:?}"
            );
        }
        assert_eq!(Terms::until(began).left(ms_at(began) + 7), Some(1));
    }
}
