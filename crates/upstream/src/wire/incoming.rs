//! The body of an answer, as it comes in.

use std::io;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use tokio::net::tcp::OwnedReadHalf;
use tokio::task::JoinHandle;

use super::connection::{Connection, READ, poll_read};
use super::framing::{Framing, Step};
use super::malformed::Cut;
use crate::pool::Pool;

/// The most that is read at once.
const MOST: usize = 128 * 1024;

/// Where a connection goes once its answer was read.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) pool: Pool,
    pub(crate) target: usize,
}

/// What is still to come of a body. Dropping it before its end closes the connection.
#[derive(Debug)]
pub(crate) struct Incoming {
    line: Line,
    framing: Framing,
    /// None where the connection is not used again.
    home: Option<Home>,
    /// How much is read at once.
    room: usize,
    /// Why it breaks off, until that is told.
    cut: Option<Cut>,
}

/// Where it comes from.
#[derive(Debug)]
enum Line {
    Whole(Connection),
    /// The request is still being sent.
    Beside {
        reader: OwnedReadHalf,
        input: BytesMut,
        upload: Upload,
    },
    /// Nothing comes any more.
    Gone,
}

/// What is left of a request. It ends with an answer that is given up, but not with one that was read.
#[derive(Debug)]
struct Upload(Option<JoinHandle<()>>);

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl Line {
    fn input(&mut self) -> Option<&mut BytesMut> {
        match self {
            Self::Whole(connection) => Some(connection.input()),
            Self::Beside { input, .. } => Some(input),
            Self::Gone => None,
        }
    }

    fn poll_more(&mut self, room: usize, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match self {
            Self::Whole(connection) => connection.poll_more(room, context),
            Self::Beside { reader, input, .. } => poll_read(reader, input, room, context),
            Self::Gone => Poll::Ready(Ok(0)),
        }
    }
}

impl Incoming {
    pub(super) fn new(connection: Connection, framing: Framing, home: Option<Home>) -> Self {
        Self { line: Line::Whole(connection), framing, home, room: READ, cut: None }
    }

    pub(super) fn beside(reader: OwnedReadHalf, input: BytesMut, upload: JoinHandle<()>, framing: Framing) -> Self {
        let line = Line::Beside { reader, input, upload: Upload(Some(upload)) };
        Self { line, framing, home: None, room: READ, cut: None }
    }

    pub(crate) fn is_end(&self) -> bool {
        self.framing.is_end()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.framing.size_hint()
    }

    /// The next piece of the body, or its trailers; none after its end.
    ///
    /// # Errors
    ///
    /// [`Cut`], once; not in the same breath as what came before it, since a server that is told of an error drops what it has not
    /// sent yet.
    pub(crate) fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if let Some(cut) = self.cut.take() {
            return Poll::Ready(Some(Err(cut)));
        }
        let polled = ready!(self.poll_step(context));
        match &polled {
            Ok(Step::Data(_) | Step::More) if !self.framing.is_end() => {}
            Ok(_) => self.finish(),
            Err(_) => self.line = Line::Gone,
        }
        match polled {
            Ok(Step::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data)))),
            Ok(Step::Trailers(trailers)) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
            Ok(Step::More | Step::End) => Poll::Ready(None),
            Err(cut) => {
                self.cut = Some(cut);
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    /// The whole body, whose length is known and small enough for memory.
    ///
    /// # Errors
    ///
    /// [`Cut`] where the connection ends before the body does.
    pub(crate) fn poll_whole(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, Cut>> {
        let Framing::Length(left) = &mut self.framing else { return Poll::Ready(Err(Cut::Incomplete)) };
        let length = usize::try_from(*left).map_err(|_| Cut::Incomplete)?;
        loop {
            let Some(input) = self.line.input() else { return Poll::Ready(Err(Cut::Incomplete)) };
            let missing = length.saturating_sub(input.len());
            if missing == 0 {
                let whole = input.split_to(length).freeze();
                *left = 0;
                self.finish();
                return Poll::Ready(Ok(whole));
            }
            let read = ready!(self.line.poll_more(missing.max(READ), context));
            if !matches!(read, Ok(1..)) {
                self.line = Line::Gone;
                return Poll::Ready(Err(read.map_or_else(Cut::Io, |_end| Cut::Incomplete)));
            }
        }
    }

    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<Result<Step, Cut>> {
        loop {
            let Some(input) = self.line.input() else { return Poll::Ready(Ok(Step::End)) };
            match self.framing.step(input)? {
                Step::More => {}
                step => return Poll::Ready(Ok(step)),
            }
            let room = match &self.framing {
                Framing::Length(left) => usize::try_from(*left).unwrap_or(MOST).clamp(READ, MOST),
                Framing::Chunked(_) | Framing::UntilClose(_) => self.room,
            };
            let read = ready!(self.line.poll_more(room, context))?;
            if read == 0 {
                self.framing.closed()?;
                return Poll::Ready(Ok(Step::End));
            }
            // As long as there is always more than was asked for, more is asked for.
            self.room = if read >= self.room { (self.room * 2).min(MOST) } else { self.room };
        }
    }

    /// The body was read to its end.
    fn finish(&mut self) {
        match std::mem::replace(&mut self.line, Line::Gone) {
            Line::Whole(mut connection) => {
                if let Some(Home { pool, target }) = self.home.take()
                    && connection.input().is_empty()
                {
                    pool.put(target, connection);
                }
            }
            // What is left of the request goes on without its answer.
            Line::Beside { mut upload, .. } => drop(upload.0.take()),
            Line::Gone => {}
        }
    }
}
