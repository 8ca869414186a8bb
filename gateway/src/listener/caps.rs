//! How many connections there may be: in all, and from one client.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

use crate::network::Network;

/// What a client is told whose connection is not admitted.
const OVERLOADED: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
content-type: application/problem+json\r\n\
retry-after: 1\r\n\
connection: close\r\n\
content-length: 157\r\n\r\n\
{\"type\":\"/problems/overloaded\",\"title\":\"Overloaded\",\"status\":503,\"detail\":\"There are too many connections.\",\
\"code\":\"overloaded\",\"errors\":[],\"retryable\":true}";

/// How much is read of what such a client has sent already.
const UNHEARD: usize = 4 * 1024;

/// Says why, and closes the connection. Nothing waits for this client, and on a new connection there is room for so little.
pub(crate) fn refuse(mut stream: TcpStream) {
    // Closed with something unread it would be reset, and the client might never see the answer. This is so for what comes later.
    let _heard = stream.read(&mut [0; UNHEARD]);
    let _sent = stream.write(OVERLOADED);
}

/// Counts the open connections of all threads. Its lock is taken when a connection opens or closes, never per request.
#[derive(Clone, Debug)]
pub(crate) struct Caps(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    total: usize,
    per_address: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_network: HashMap<Network, usize>,
}

impl Caps {
    pub(crate) fn new(total: usize, per_address: usize) -> Self {
        Self(Arc::new(Inner { total, per_address, open: Mutex::default() }))
    }

    /// Takes a place for a connection from `network`, given back when it is dropped.
    pub(crate) fn enter(&self, network: Network) -> Option<Place> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.total >= self.0.total {
            return None;
        }
        let here = open.by_network.entry(network).or_default();
        if *here >= self.0.per_address {
            return None;
        }
        *here += 1;
        open.total += 1;
        Some(Place { caps: self.clone(), network })
    }
}

/// The place of one open connection.
#[derive(Debug)]
pub(crate) struct Place {
    caps: Caps,
    network: Network,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.caps.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total = open.total.saturating_sub(1);
        if let Some(here) = open.by_network.get_mut(&self.network) {
            *here -= 1;
            if *here == 0 {
                open.by_network.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn here() -> Network {
        Network::of(std::net::Ipv4Addr::LOCALHOST.into())
    }

    fn there() -> Network {
        Network::of(std::net::Ipv4Addr::BROADCAST.into())
    }

    #[test]
    fn one_address_cannot_take_every_place() {
        let caps = Caps::new(3, 2);
        let _held = [caps.enter(here()), caps.enter(here())];
        assert!(caps.enter(here()).is_none());
        assert!(caps.enter(there()).is_some());
    }

    #[test]
    fn a_closed_connection_gives_its_place_back() {
        let caps = Caps::new(1, 1);
        let first = caps.enter(here());
        assert!(first.is_some() && caps.enter(there()).is_none());
        drop(first);
        assert!(caps.enter(there()).is_some());
    }

    #[test]
    fn who_is_not_admitted_and_has_asked_already_sees_the_whole_answer() {
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        let (stream, _peer) = listener.accept().unwrap();
        assert_ne!(stream.peek(&mut [0; 1]).unwrap(), 0, "it is there");
        refuse(stream);
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).expect("an end, and no reset");
        assert_eq!(answer, OVERLOADED);
    }

    #[test]
    fn the_static_answer_is_framed_exactly() {
        let text = String::from_utf8_lossy(OVERLOADED);
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        assert!(text.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }
}
