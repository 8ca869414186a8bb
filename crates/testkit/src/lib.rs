//! Starts any part of the system for a test and speaks HTTP to it.
//!
//! | module | what it is for |
//! | --- | --- |
//! | [`client`] | callers that speak JSON, answers that know what a problem document is |
//! | [`contract`] | what the contract of any service has to be |
//! | [`raw`] | HTTP/1.1 byte by byte: ambiguous framing, half a head, silence |
//! | [`stub`] | upstreams that behave, count their calls and remember what they were sent |
//! | [`faulty`] | upstreams that do not: they refuse, hang, reset, cut, stall and babble |
//! | [`alone`] | one service with a database of its own, on both engines |
//! | [`process`] | the real binaries, with their output, signals and exit codes |
//! | [`nats`] | NATS servers that can be stopped and started again |
//! | [`postgres`] | one PostgreSQL database per test |
//! | [`browser`] | a real Chromium, driven through chromedriver |
//! | [`s3`] | a bucket that speaks S3, and can be away |
//! | [`seen`] | what the suite has seen of the public API, checked against its document |
//! | [`wait`] | waiting for a condition instead of for a time |
//!
//! Whatever goes wrong in here fails the test that asked for it, with a sentence: so this crate panics where others return errors.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says why on standard error"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "a test owns its tasks and servers, and ends them with itself; `TEST_POSTGRES_URL`, `SKIP_NATS` and the search path belong to the tests"
)]

pub mod alone;
pub mod browser;
pub mod client;
pub mod contract;
pub mod faulty;
pub mod nats;
pub mod postgres;
pub mod process;
pub mod raw;
pub mod s3;
pub mod seen;
pub mod stub;
pub mod wait;

pub use client::{Answer, Call, Caller};
pub use faulty::{Fault, Faulty};
pub use raw::Raw;
pub use stub::{Recorded, Stub};
pub use wait::until;
