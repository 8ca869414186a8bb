//! Shedding: beyond so many requests that wait for services, one more is refused at once instead of waiting too.
//!
//! It stands above the bulkheads: one service that hangs fills its own bulkhead, and this is for when several do, or when
//! there is simply too much. What needs no service is not counted, so it goes on; nor is a request of which the client has
//! not sent all yet.

use upstream::{Bulkhead, Place};

use crate::error::GatewayError;

/// Counts the requests of all threads that wait for services.
#[derive(Debug)]
pub(crate) struct Waiting(Bulkhead);

impl Waiting {
    pub(crate) fn new(most: usize) -> Self {
        Self(Bulkhead::new(most))
    }

    /// A place for one more.
    ///
    /// # Errors
    ///
    /// `Overloaded` if there is none.
    pub(crate) fn enter(&self) -> Result<Place<'_>, GatewayError> {
        self.0.enter().ok_or(GatewayError::Overloaded)
    }

    pub(crate) fn most(&self) -> usize {
        self.0.most()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.in_flight()
    }
}
