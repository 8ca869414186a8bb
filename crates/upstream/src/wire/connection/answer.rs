//! What becomes of a connection when there is a head: where its body comes from, and whether it is used again.

use bytes::{Bytes, BytesMut};
use http::{Response, StatusCode};
use hyper::ext::ReasonPhrase;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::Connection;
use crate::attempt::Answer;
use crate::body::ResponseBody;
use crate::pool::Pool;
use crate::wire::framing::Framing;
use crate::wire::head::Head;
use crate::wire::incoming::{Home, Incoming};
use crate::wire::sending::Sending;
use crate::wire::upgraded::Upgraded;

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
    /// The answer that begins with `head`. Its version is left behind: that of a message is the sender's own (RFC 9110, section
    /// 2.5), and whoever hands an answer on frames it as it can.
    pub(super) fn answer(self, mut head: Head, sending: Sending, (pool, target): (&Pool, usize)) -> Answer {
        let mut response = Box::new(Response::new(ResponseBody::wire(Rest::Whole(Bytes::new()))));
        *response.status_mut() = head.status;
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

    /// The half that is read, what was read of it, and the half that is written.
    fn split(self) -> (OwnedReadHalf, BytesMut, OwnedWriteHalf) {
        let (reader, writer) = self.stream.into_split();
        (reader, self.input, writer)
    }
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
