//! The whole system, over HTTP, as people and programs use it. Every scenario runs twice: in one process on SQLite, and with each
//! service as a server of its own and NATS between them, users on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "a test owns the tasks that it starts")]

mod accounts;
mod blocked;
mod caching;
mod documents;
mod forgery;
mod home;
mod media;
mod outage;
mod pages;
mod processes;
mod profiles;
mod sessions;
mod social;
mod surface;
mod system;
mod user;
mod viewer;

use system::System;
use user::User;

/// The password of every account that a test makes.
const PASSWORD: &str = "correct horse battery";

/// Writes each scenario once and runs it over both kinds of system.
macro_rules! over_both {
    ($(async fn $name:ident($system:ident: &System) $scenario:block)*) => {$(
        mod $name {
            use super::*;

            async fn scenario($system: &System) $scenario

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn standalone() {
                let system = System::standalone().await;
                scenario(&system).await;
                system.stop().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn split() {
                let system = System::split().await;
                scenario(&system).await;
                system.stop().await;
            }
        }
    )*};
}
use over_both;
