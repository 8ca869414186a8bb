//! One connection, and one request on it until the head of its answer.

mod answer;

use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::BytesMut;
use http::{HeaderValue, Method, Request, StatusCode};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpStream;

pub(crate) use self::answer::Rest;
use super::alarm::Alarm;
use super::head::{self, Found, Head};
use super::malformed::Malformed;
use super::sending::{Sending, Stopped};
use crate::added::Added;
use crate::attempt::{Answer, Lost};
use crate::body::RequestBody;
use crate::failure::Failure;
use crate::pool::Pool;

/// How much is read at once, where nothing is known of how much will come.
pub(crate) const READ: usize = 8 * 1024;

/// Interim answers before the answer.
const INTERIM: u32 = 16;

/// A connection to a server, between two requests or within one.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// What was read and belongs to nothing yet.
    input: BytesMut,
    /// Where the heads of requests are put together.
    output: Vec<u8>,
    alarm: Alarm,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, input: BytesMut::new(), output: Vec::new(), alarm: Alarm::default() }
    }

    /// Whether another request can be sent: the server has neither closed the connection nor said anything. Asks the kernel
    /// only if the reactor has seen something happen.
    pub(crate) fn is_idle(&self) -> bool {
        let unread = self.stream.try_read(&mut [0; 1]);
        self.input.is_empty() && unread.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Sends `request` to `host`, with what is added, and waits for the head of its answer until `deadline`. Dropping the future
    /// closes the connection.
    ///
    /// A body that streams is taken out of `request`; everything else stays as it was.
    ///
    /// # Errors
    ///
    /// [`Lost::Unsent`] only if not a byte was written; then `request` is whole.
    pub(crate) async fn exchange(
        mut self,
        request: &mut Request<RequestBody>,
        (host, added): (&HeaderValue, Added<'_>),
        (pool, target): (&Pool, usize),
        deadline: Instant,
    ) -> Result<Answer, Lost> {
        let output = std::mem::take(&mut self.output);
        let mut sending = Sending::new(request, (host, added), output);
        let method = request.method();
        let mut waiting = Waiting { pool, method, interim: 0, seen: 0 };
        let answered = poll_fn(|context| {
            if let Poll::Ready(answered) = self.poll_exchange(context, &mut sending, &mut waiting) {
                return Poll::Ready(answered);
            }
            self.alarm.poll(context, deadline).map(|()| Err(Lost::Final(Failure::ResponseTimeout)))
        });
        match answered.await {
            Ok(head) => Ok(self.answer(head, sending, (pool, target))),
            Err(Lost::Unsent(failure)) if !sending.restore(request) => Err(Lost::Broken(failure)),
            Err(lost) => Err(lost),
        }
    }

    /// Writes what can be written, and looks for the answer all the while: it may come before the request was sent.
    fn poll_exchange(
        &mut self,
        context: &mut Context<'_>,
        sending: &mut Sending,
        waiting: &mut Waiting<'_>,
    ) -> Poll<Result<Head, Lost>> {
        if !sending.is_over() {
            match sending.poll(context, &mut self.stream) {
                Poll::Pending | Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(Stopped::Body)) => return Poll::Ready(Err(Lost::Final(Failure::RequestBody))),
                Poll::Ready(Err(Stopped::Connection)) if !sending.has_begun() => {
                    return Poll::Ready(Err(Lost::Unsent(Failure::ConnectionTerminated)));
                }
                // A server that has had enough may have said why before it closed the connection.
                Poll::Ready(Err(Stopped::Connection)) => sending.give_up(),
            }
        }
        let head = match ready!(self.poll_head(context, waiting)) {
            Ok(head) => head,
            Err(Stop::Malformed(_)) => return Poll::Ready(Err(Lost::Final(Failure::ProtocolError))),
            Err(Stop::Closed) => return Poll::Ready(Err(Lost::Broken(Failure::ConnectionTerminated))),
            Err(Stop::Io(error)) => return Poll::Ready(Err(lost(&error))),
        };
        let is_early = head.status == StatusCode::SWITCHING_PROTOCOLS && !sending.is_complete();
        Poll::Ready(if is_early { Err(Lost::Final(Failure::ProtocolError)) } else { Ok(head) })
    }

    fn poll_head(&mut self, context: &mut Context<'_>, waiting: &mut Waiting<'_>) -> Poll<Result<Head, Stop>> {
        loop {
            if waiting.is_worth_a_look(&self.input) {
                match head::take(&mut self.input, waiting.method, |fields| waiting.pool.map(fields))? {
                    Found::Head(head) => return Poll::Ready(Ok(head)),
                    Found::Part => waiting.seen = self.input.len(),
                    Found::Interim => {
                        waiting.seen = 0;
                        waiting.interim += 1;
                        if waiting.interim > INTERIM {
                            return Poll::Ready(Err(Malformed::Interim.into()));
                        }
                        continue;
                    }
                }
            }
            if ready!(poll_read(&mut self.stream, &mut self.input, READ, context))? == 0 {
                return Poll::Ready(Err(Stop::Closed));
            }
        }
    }

    /// For the body that goes on after a head.
    pub(super) fn poll_more(&mut self, room: usize, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        poll_read(&mut self.stream, &mut self.input, room, context)
    }

    pub(super) fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }
}

/// Why there is no head.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("the connection ended")]
    Closed,
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn lost(error: &io::Error) -> Lost {
    match error.kind() {
        io::ErrorKind::TimedOut => Lost::Final(Failure::ConnectionTimeout),
        _ => Lost::Broken(Failure::ConnectionTerminated),
    }
}

/// How far the wait for a head has come.
#[derive(Debug)]
struct Waiting<'a> {
    pool: &'a Pool,
    method: &'a Method,
    interim: u32,
    /// So many bytes were looked at, and are no whole head.
    seen: usize,
}

impl Waiting<'_> {
    /// A head that comes byte by byte is not read from its beginning with each of them, but with each line.
    fn is_worth_a_look(&self, input: &[u8]) -> bool {
        match input.get(self.seen..) {
            None | Some([]) => false,
            Some(fresh) => self.seen == 0 || input.len() >= head::HEAD || fresh.contains(&b'\n'),
        }
    }
}

/// Reads once; 0 is the end.
pub(super) fn poll_read<R>(
    reader: &mut R,
    input: &mut BytesMut,
    room: usize,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>>
where
    R: AsyncRead + Unpin,
{
    // What is left of a buffer that is still in use elsewhere will do, if it is not too little.
    if input.capacity() - input.len() < room / 2 {
        input.reserve(room);
    }
    pin!(reader.read_buf(input)).poll(context)
}
