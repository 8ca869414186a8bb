//! The rows of this service's tables. They are never serialised: what clients see are types of their own.
#![allow(
    unreachable_pub,
    clippy::disallowed_methods,
    reason = "SeaORM's derive makes public items, and convenience methods with plain transactions that nobody calls"
)]

pub(crate) mod block;
pub(crate) mod credential;
pub(crate) mod follow;
pub(crate) mod refresh_token;
pub(crate) mod revocation;
pub(crate) mod session;
pub(crate) mod user;
