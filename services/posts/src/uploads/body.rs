//! A body in small pieces, for a parser that takes in whatever is ready: so there is only ever one piece ready, and an end to what is
//! read without anything coming of it.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::{BoxError, body::BodyDataStream};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

/// The most bytes of a piece.
const PIECE: usize = 64 << 10;
/// The most bytes that may come between two parts of a form, or at its beginning.
const IDLE: usize = 4 * PIECE;

/// How much was read without anything coming of it. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter(Arc<AtomicUsize>);

impl Meter {
    /// Something came of it.
    pub(super) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// The body of a request, piece by piece.
pub(super) struct Pieces {
    body: BodyDataStream,
    rest: Bytes,
    meter: Meter,
    /// Whether the parser has just been given a piece, and has to look at it first.
    paused: bool,
}

impl Pieces {
    pub(super) fn new(body: BodyDataStream, meter: Meter) -> Self {
        Self { body, rest: Bytes::new(), meter, paused: false }
    }
}

impl Stream for Pieces {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.paused) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.rest.is_empty() {
            match ready!(self.body.poll_next_unpin(context)) {
                Some(Ok(bytes)) => self.rest = bytes,
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => return Poll::Ready(None),
            }
        }
        let length = self.rest.len().min(PIECE);
        if self.meter.0.fetch_add(length, Ordering::Relaxed) > IDLE {
            return Poll::Ready(Some(Err("the form has more around its parts than is read".into())));
        }
        self.paused = true;
        Poll::Ready(Some(Ok(self.rest.split_to(length))))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn pieces(length: usize) -> (Pieces, Meter) {
        let meter = Meter::default();
        (Pieces::new(Body::from(vec![b'x'; length]).into_data_stream(), meter.clone()), meter)
    }

    #[tokio::test]
    async fn one_piece_is_ready_at_a_time() {
        let (mut pieces, _) = pieces(PIECE + 1);
        let context = &mut Context::from_waker(std::task::Waker::noop());
        for length in [PIECE, 1] {
            let Poll::Ready(Some(Ok(piece))) = pieces.poll_next_unpin(context) else { panic!("no piece") };
            assert_eq!(piece.len(), length);
            assert!(pieces.poll_next_unpin(context).is_pending());
        }
        assert!(matches!(pieces.poll_next_unpin(context), Poll::Ready(None)));
    }

    #[tokio::test]
    async fn what_nothing_comes_of_has_an_end() {
        let (mut endless, _) = pieces(100 * PIECE);
        let read = async {
            let mut read = 0;
            while let Some(piece) = endless.next().await {
                read += piece.ok()?.len();
            }
            Some(read)
        };
        assert_eq!(read.await, None);
        let (mut useful, meter) = pieces(100 * PIECE);
        let mut read = 0;
        while let Some(piece) = useful.next().await {
            read += piece.unwrap().len();
            meter.reset();
        }
        assert_eq!(read, 100 * PIECE);
    }
}
