//! How many connections there may be: in all, and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// What a client is told whose connection is not admitted. It has not sent a request yet, so the answer is complete.
pub(crate) const OVERLOADED: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
content-type: application/problem+json\r\n\
retry-after: 1\r\n\
connection: close\r\n\
content-length: 157\r\n\r\n\
{\"type\":\"/problems/overloaded\",\"title\":\"Overloaded\",\"status\":503,\"detail\":\"There are too many connections.\",\
\"code\":\"overloaded\",\"errors\":[],\"retryable\":true}";

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
    by_address: HashMap<IpAddr, usize>,
}

impl Caps {
    pub(crate) fn new(total: usize, per_address: usize) -> Self {
        Self(Arc::new(Inner { total, per_address, open: Mutex::default() }))
    }

    /// Takes a place for a connection from `address`, given back when it is dropped.
    pub(crate) fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.total >= self.0.total {
            return None;
        }
        let here = open.by_address.entry(address).or_default();
        if *here >= self.0.per_address {
            return None;
        }
        *here += 1;
        open.total += 1;
        Some(Place { caps: self.clone(), address })
    }
}

/// The place of one open connection.
#[derive(Debug)]
pub(crate) struct Place {
    caps: Caps,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.caps.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total = open.total.saturating_sub(1);
        if let Some(here) = open.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::BROADCAST);

    #[test]
    fn one_address_cannot_take_every_place() {
        let caps = Caps::new(3, 2);
        let _held = [caps.enter(HERE), caps.enter(HERE)];
        assert!(caps.enter(HERE).is_none());
        assert!(caps.enter(THERE).is_some());
    }

    #[test]
    fn a_closed_connection_gives_its_place_back() {
        let caps = Caps::new(1, 1);
        let first = caps.enter(HERE);
        assert!(first.is_some() && caps.enter(THERE).is_none());
        drop(first);
        assert!(caps.enter(THERE).is_some());
    }

    #[test]
    fn the_static_answer_is_framed_exactly() {
        let text = String::from_utf8_lossy(OVERLOADED);
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        assert!(text.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }
}
