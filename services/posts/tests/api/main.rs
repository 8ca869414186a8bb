//! The service over HTTP as the gateway speaks to it, on SQLite and on PostgreSQL.
//!
//! The PostgreSQL halves run against the server at `TEST_POSTGRES_URL` (its role must be allowed to create databases); without it those
//! halves fail, unless `SKIP_POSTGRES=1` says that they are meant to be left out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod avatars;
mod blocks;
mod comments;
mod deletion;
mod demo;
mod document;
mod events;
mod files;
mod forms;
mod groups;
mod harness;
mod idempotency;
mod internal;
mod life;
mod likes;
mod lists;
mod media;
mod sweepers;
mod sweeping;
mod versions;
