//! The service over HTTP, on SQLite and on PostgreSQL.
//!
//! Every test is written once and runs on both. PostgreSQL is the server at `TEST_POSTGRES_URL` (a URL that may create
//! databases); without it those halves fail, unless `SKIP_POSTGRES=1` says that they are meant to be left out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod accounts;
mod deletion;
mod document;
mod groups;
mod harness;
mod interleaving;
mod internal;
mod lists;
mod operators;
mod outages;
mod plans;
mod profiles;
mod relations;
mod rotation;
mod sessions;
mod smtp;
mod welcome;
