#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod browsers;
mod failures;
mod invalidation;
mod oauth;
mod revoking;
mod sessions;
mod stub;
mod throttling;
mod world;
