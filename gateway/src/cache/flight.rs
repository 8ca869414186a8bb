//! One call for many requests that want the same: who comes while it is under way waits for it (request collapsing).

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hashbrown::DefaultHashBuilder;
use tokio::sync::Notify;

use super::entry::Entry;
use super::key::Key;
use crate::error::GatewayError;

const SHARDS: usize = 16;

/// The calls that are under way.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    shards: [Mutex<HashMap<Key, Arc<Flight>>>; SHARDS],
    hasher: DefaultHashBuilder,
}

/// One call.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    landed: OnceLock<Landed>,
    arrival: Notify,
}

/// What came of a call, for those who waited.
#[derive(Clone, Debug)]
pub(crate) enum Landed {
    /// An answer that may be shared.
    Kept(Arc<Entry>),
    /// Nobody answered; asking again at once would not help.
    Failed(GatewayError),
    /// It belongs to the one who asked.
    Unshared,
}

/// What a request is to a call.
pub(crate) enum Joined {
    /// It makes it.
    Leader(Lead),
    /// It waits for it.
    Follower(Arc<Flight>),
}

/// The duty to land: a leader that is dropped lands with nothing to share, so that nobody waits for ever.
pub(crate) struct Lead {
    flights: Arc<Flights>,
    key: Key,
    flight: Arc<Flight>,
}

impl Flights {
    /// Joins the call for `key`, or begins it.
    pub(crate) fn join(self: &Arc<Self>, key: &[u8]) -> Joined {
        let mut calls = self.shard(key).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = calls.get(key) {
            return Joined::Follower(Arc::clone(flight));
        }
        let flight = Arc::new(Flight::default());
        calls.insert(key.into(), Arc::clone(&flight));
        Joined::Leader(Lead { flights: Arc::clone(self), key: key.into(), flight })
    }

    fn shard(&self, key: &[u8]) -> &Mutex<HashMap<Key, Arc<Flight>>> {
        &self.shards[(self.hasher.hash_one(key) % SHARDS as u64) as usize]
    }
}

impl Flight {
    /// Waits until the call has ended.
    pub(crate) async fn landed(&self) -> Landed {
        loop {
            let arrival = self.arrival.notified();
            tokio::pin!(arrival);
            arrival.as_mut().enable();
            if let Some(landed) = self.landed.get() {
                return landed.clone();
            }
            arrival.await;
        }
    }
}

impl Lead {
    /// Tells those who wait what has come of it.
    pub(crate) fn land(self, landed: Landed) {
        let _first = self.flight.landed.set(landed);
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let mut calls = self.flights.shard(&self.key).lock().unwrap_or_else(PoisonError::into_inner);
        calls.remove(&self.key);
        drop(calls);
        let _unless_landed = self.flight.landed.set(Landed::Unshared);
        self.flight.arrival.notify_waiters();
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;

    fn follower(flights: &Arc<Flights>) -> Arc<Flight> {
        match flights.join(b"key") {
            Joined::Follower(flight) => flight,
            Joined::Leader(_) => panic!("nobody has asked yet"),
        }
    }

    fn leader(flights: &Arc<Flights>) -> Lead {
        match flights.join(b"key") {
            Joined::Leader(lead) => lead,
            Joined::Follower(_) => panic!("somebody has asked already"),
        }
    }

    #[tokio::test]
    async fn who_comes_later_gets_what_the_first_one_got() {
        let flights = Arc::new(Flights::default());
        let lead = leader(&flights);
        let waiting = follower(&flights);
        let waits = tokio::spawn(async move { waiting.landed().await });
        tokio::task::yield_now().await;
        lead.land(Landed::Failed(GatewayError::NoPart));
        assert!(matches!(waits.await, Ok(Landed::Failed(GatewayError::NoPart))));
    }

    #[tokio::test]
    async fn a_leader_that_is_gone_keeps_nobody_waiting_and_the_next_one_leads() {
        let flights = Arc::new(Flights::default());
        let lead = leader(&flights);
        let waiting = follower(&flights);
        drop(lead);
        assert!(matches!(waiting.landed().await, Landed::Unshared));
        drop(leader(&flights));
    }
}
