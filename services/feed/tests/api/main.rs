//! The service over HTTP and over the bus, on SQLite and on PostgreSQL.
//!
//! Every test is written once and runs on both. PostgreSQL is the server at `TEST_POSTGRES_URL` (a URL that may create
//! databases); without it those halves fail, unless `SKIP_POSTGRES=1` says that they are meant to be left out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod document;
mod harness;
mod new;
mod orders;
mod pages;
mod rebuilding;
mod repairs;
mod scale;
mod search;
mod timelines;
mod truth;
mod waiting;
