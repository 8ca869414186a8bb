//! The task that judges copies of answers, beside the data plane: it may be late, and it may be too busy, but nobody ever
//! waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use boot::CancellationToken;
use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::INLINE;
use super::rules::Shape;
use super::tally::Outcome;
use super::watched::Watched;

/// How many copies may wait.
pub(super) const QUEUE: usize = 256;

/// How much memory the copies of streamed answers may keep alive, all threads together.
const COPIED: usize = 32 * 1024 * 1024;

/// Where copies are handed in.
#[derive(Clone, Debug)]
pub(super) struct Inspector {
    jobs: Sender<Job>,
    copied: Arc<AtomicUsize>,
}

/// A copy of a body, and what it has to be.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) watched: Arc<Watched>,
    pub(super) shape: Shape,
    pub(super) request_id: HeaderValue,
    pub(super) body: Copied,
}

/// A body: in one piece, or in the pieces in which it was sent.
#[derive(Debug)]
pub(super) enum Copied {
    Whole(Bytes),
    Pieces(Pieces),
}

/// Pieces of a body, and their share of the memory for copies.
#[derive(Debug)]
pub(super) struct Pieces {
    pieces: Vec<Bytes>,
    length: usize,
    copied: Arc<AtomicUsize>,
}

impl Inspector {
    pub(super) fn new() -> (Self, Receiver<Job>) {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        (Self { jobs, copied: Arc::default() }, waiting)
    }

    /// Hands a copy in; where there is no room it is dropped and counted.
    pub(super) fn submit(&self, job: Job) {
        if let Err(refused) = self.jobs.try_send(job) {
            refused.into_inner().watched.count(Outcome::Dropped);
        }
    }

    pub(super) fn pieces(&self) -> Pieces {
        Pieces { pieces: Vec::new(), length: 0, copied: Arc::clone(&self.copied) }
    }
}

impl Pieces {
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Keeps a piece, if there is memory for it.
    pub(super) fn push(&mut self, piece: &Bytes) -> bool {
        if self.copied.fetch_add(piece.len(), Relaxed) + piece.len() > COPIED {
            self.copied.fetch_sub(piece.len(), Relaxed);
            return false;
        }
        self.length += piece.len();
        self.pieces.push(piece.clone());
        true
    }

    fn joined(&self) -> Bytes {
        if let [whole] = self.pieces.as_slice() {
            return whole.clone();
        }
        let mut joined = BytesMut::with_capacity(self.length);
        self.pieces.iter().for_each(|piece| joined.extend_from_slice(piece));
        joined.freeze()
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.copied.fetch_sub(self.length, Relaxed);
    }
}

impl Job {
    fn length(&self) -> usize {
        match &self.body {
            Copied::Whole(body) => body.len(),
            Copied::Pieces(pieces) => pieces.length,
        }
    }

    fn inspect(&self) {
        let found = match &self.body {
            Copied::Whole(body) => self.watched.rules.body(self.shape, body),
            Copied::Pieces(pieces) => self.watched.rules.body(self.shape, &pieces.joined()),
        };
        self.watched.record(&found, &self.request_id, false);
    }
}

/// Inspects what is handed in until `end`; what waits then is not inspected any more.
pub(super) async fn run(mut jobs: Receiver<Job>, end: CancellationToken) {
    while let Some(Some(job)) = end.run_until_cancelled(jobs.recv()).await {
        if job.length() <= INLINE {
            job.inspect();
        } else if let Err(error) = tokio::task::spawn_blocking(move || job.inspect()).await {
            tracing::error!(%error, "an answer could not be inspected");
        }
    }
}
