//! From a transaction to those who follow, on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "a test ends its tasks with itself")]

mod failures;
mod order;
mod processes;
mod world;
