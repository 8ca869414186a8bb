//! One connection, and one request on it.

use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::ext::ReasonPhrase;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;

use super::alarm::Alarm;
use super::framing::Framing;
use super::head::{self, Found, Head};
use super::incoming::{Home, Incoming};
use super::malformed::Malformed;
use super::sending::{Sending, Stopped};
use super::upgraded::Upgraded;
use crate::added::Added;
use crate::attempt::{Answer, Lost};
use crate::body::{RequestBody, ResponseBody};
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

/// What comes after a head.
#[derive(Debug)]
pub(crate) enum Rest {
    /// All of the body.
    Whole(Bytes),
    /// A body of which some is still to come.
    Incoming(Box<Incoming>),
    /// Another protocol.
    Upgraded(Box<Upgraded>),
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

    /// The answer that begins with `head`.
    fn answer(self, mut head: Head, sending: Sending, (pool, target): (&Pool, usize)) -> Answer {
        let mut response = Box::new(Response::new(ResponseBody::wire(Rest::Whole(Bytes::new()))));
        *response.status_mut() = head.status;
        *response.version_mut() = head.version;
        *response.headers_mut() = std::mem::take(&mut head.headers);
        // It is handed on as it was said; what hyper does not take as a reason is none.
        if let Some(reason) = head.reason.take().and_then(|reason| ReasonPhrase::try_from(reason).ok()) {
            response.extensions_mut().insert(reason);
        }
        *response.body_mut() = ResponseBody::wire(self.rest(head, sending, (pool, target)));
        response
    }

    /// The body, or what there is instead. A connection whose answer is here already goes home at once.
    fn rest(mut self, head: Head, sending: Sending, (pool, target): (&Pool, usize)) -> Rest {
        let keeps = head.keeps && sending.keeps();
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Rest::Upgraded(Box::new(Upgraded::new(self.stream, self.input)));
        }
        let mut framing = head.framing;
        let whole = match &mut framing {
            Framing::Length(left) if *left <= self.input.len() as u64 => {
                let length = std::mem::take(left) as usize;
                Some(self.input.split_to(length).freeze())
            }
            _ => None,
        };
        if !sending.is_over() {
            return unfinished(self, sending, framing, whole);
        }
        self.output = sending.into_buffer();
        match whole {
            Some(whole) => {
                if keeps && self.input.is_empty() {
                    pool.put(target, self);
                }
                Rest::Whole(whole)
            }
            None => {
                let home = keeps.then(|| Home { pool: pool.clone(), target });
                Rest::Incoming(Box::new(Incoming::new(self, framing, home)))
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

    /// The half that is read, what was read of it, and the half that is written.
    fn split(self) -> (OwnedReadHalf, BytesMut, tokio::net::tcp::OwnedWriteHalf) {
        let (reader, writer) = self.stream.into_split();
        (reader, self.input, writer)
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

/// An answer that came before its request was sent: the request goes on beside it, and the connection is not used again.
#[allow(clippy::disallowed_methods, reason = "it ends with the body that the client sends, or with the answer")]
fn unfinished(connection: Connection, sending: Sending, framing: Framing, whole: Option<Bytes>) -> Rest {
    let (reader, input, writer) = connection.split();
    let upload = tokio::spawn(sending.finish(writer));
    match whole {
        Some(whole) => Rest::Whole(whole),
        None => Rest::Incoming(Box::new(Incoming::beside(reader, input, upload, framing))),
    }
}
