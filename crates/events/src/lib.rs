//! Gets a committed event from the service that recorded it to those that follow it, at least once: outbox and inbox over the
//! bus.
//!
//! * [`record`] writes an event in the transaction that changes the rows it is about: both are there, or neither is.
//! * [`Outbox::relay`] hands what has been committed to the bus, in the order of recording, and tries again until everybody has
//!   taken it. One relay at a time per database.
//! * [`Inbox`] takes an event by storing it, and handles what is stored in its order, each in one transaction with the note that it
//!   did: a repeat changes nothing. A follower that fails holds up nobody but itself. What fails [`MOST_TRIES`] times is parked, so
//!   that it gets on; [`Inbox::replay`] tries that again.
//!
//! Events of one aggregate arrive in the order in which they were recorded, but for those that were parked. Each carries the
//! version of its aggregate, so whoever keeps a copy can tell which of two is newer.

mod claim;
mod entity;
mod event;
mod inbox;
mod outbox;
mod status;

use std::time::{SystemTime, UNIX_EPOCH};

pub use bus::BoxError;
pub use claim::Claim;
pub use event::{Aggregate, Event};
pub use inbox::{Follow, Inbox, MOST_TRIES, Replayed};
pub use outbox::{Outbox, check, clean, record};
pub use status::{Parked, Status, status};

/// Now, in epoch milliseconds.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
