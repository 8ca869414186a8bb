//! How many of something there may be at once: in all, and of one client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Network;

/// Counts what all threads have: connections, uploads. Its lock is taken when one begins or ends, and never for a request that is none
/// of these.
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

    /// Takes a place for a client, given back when it is dropped.
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

/// One place.
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
}
