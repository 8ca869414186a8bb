//! Shedding: beyond so many requests that wait for services, one more is refused at once instead of waiting too.
//!
//! It stands above the bulkheads: one service that hangs fills its own bulkhead, and this is for when several do, or when
//! there is simply too much. What needs no service is not counted, so it goes on; nor is a request of which the client has
//! not sent all yet.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::GatewayError;

/// Counts the requests of all threads that wait for services.
#[derive(Debug)]
pub(crate) struct Waiting {
    count: AtomicUsize,
    most: usize,
}

/// The place of one request; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place<'a>(&'a Waiting);

impl Waiting {
    pub(crate) fn new(most: usize) -> Self {
        Self { count: AtomicUsize::new(0), most }
    }

    /// A place for one more.
    ///
    /// # Errors
    ///
    /// `Overloaded` if there is none.
    pub(crate) fn enter(&self) -> Result<Place<'_>, GatewayError> {
        let before = self.count.fetch_add(1, Ordering::Relaxed);
        let place = Place(self);
        if before < self.most { Ok(place) } else { Err(GatewayError::Overloaded) }
    }

    pub(crate) fn most(&self) -> usize {
        self.most
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::Relaxed);
    }
}
