//! The service with its pictures in a bucket, over a server of S3 that can be away.
//!
//! `cargo test --workspace --features posts/s3 --test s3`: what a database does with it is in `api`, so this is on SQLite alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod away;
mod demo;
mod harness;
mod pictures;
mod refused;
