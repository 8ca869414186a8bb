//! The bus over a real NATS server, which is stopped and started as it comes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "a test ends its tasks with itself")]

mod away;
mod order;
mod world;
