//! The tables in which events wait, and in which it is noted that they were handled. `migration` has their history.
#![allow(
    unreachable_pub,
    clippy::disallowed_methods,
    reason = "SeaORM's derive makes public items, and convenience methods with plain transactions that nobody calls"
)]

pub(crate) mod inbox;
pub(crate) mod outbox;
