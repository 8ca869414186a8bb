//! What holds for a long time, or while a service hangs: measured on the real binary, under load, against bounds.
//!
//! `make soak`, or `cargo bench -p gateway --bench soak -- [NAME…] [--seconds N]`, where a name is `strangers`, `memory`, `hang` or
//! `reloads` (all of them where none is given) and the seconds are those of `memory`. It prints what it measures, and fails if a
//! bound is broken.
//!
//! Its parts are long versions of tests that `make test` runs, where those can only count.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a benchmark fails by panicking and prints its results"
)]

mod bounds;
mod hang;
mod load;
mod memory;
mod reloads;
mod service;
mod strangers;
mod tokens;
mod watched;

/// What these runs have in common with the tests.
#[path = "../../tests/gateway/caching"]
mod caching {
    pub(crate) mod crowd;
    pub(crate) mod files;
}
#[path = "../../tests/gateway/process.rs"]
mod process;

use std::process::ExitCode;
use std::time::Duration;

use bounds::Bounds;
use caching::crowd;

/// The bytes of a mebibyte.
const MIB: u64 = 1024 * 1024;

/// How long the memory is watched, where nobody says otherwise.
const SECONDS: u64 = 600;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let at = arguments.iter().position(|argument| argument == "--seconds");
    let seconds = at.map_or(SECONDS, |at| arguments[at + 1].parse().expect("a number of seconds"));
    let names: Vec<&str> = arguments.iter().take(at.unwrap_or(arguments.len())).map(String::as_str).collect();
    let wants = |name: &str| names.is_empty() || names.contains(&name);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut bounds = Bounds::default();
    runtime.block_on(async {
        if wants("strangers") {
            strangers::run(&mut bounds).await;
        }
        if wants("hang") {
            hang::run(&mut bounds).await;
        }
        if wants("reloads") {
            reloads::run(&mut bounds).await;
        }
        if wants("memory") {
            memory::run(Duration::from_secs(seconds), &mut bounds).await;
        }
    });
    bounds.verdict()
}
