//! A service that hangs holds so many calls, and no more.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the calls that wait for a service, or for all.
#[derive(Debug)]
pub struct Bulkhead {
    in_flight: AtomicUsize,
    most: usize,
}

/// The place of one call; given back when it is dropped.
#[derive(Debug)]
pub struct Place<'a>(&'a AtomicUsize);

impl Bulkhead {
    /// One with so many places.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { in_flight: AtomicUsize::new(0), most }
    }

    /// A place, if there is one left.
    #[must_use]
    pub fn enter(&self) -> Option<Place<'_>> {
        let before = self.in_flight.fetch_add(1, Ordering::Relaxed);
        let place = Place(&self.in_flight);
        (before < self.most).then_some(place)
    }

    /// How many places are taken.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// How many places there are.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_once_it_was_given_back() {
        let bulkhead = Bulkhead::new(2);
        let first = bulkhead.enter();
        let second = bulkhead.enter();
        assert!(first.is_some() && second.is_some() && bulkhead.enter().is_none());
        assert_eq!(bulkhead.in_flight(), 2);
        drop(first);
        assert!(bulkhead.enter().is_some());
    }
}
