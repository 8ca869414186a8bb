//! Composes the gateway and the services in one process over embedded SQLite: what `cargo run` runs.
//!
//! [`Config`] is read first, with every mistake reported; [`start`] makes everything that has to exist and takes the ports;
//! [`Running::run`] serves until it is told to stop and has drained. The same three steps are what the program `agora` does and what
//! a test does.

mod compose;
mod config;
pub mod data;
pub mod port;
mod prompt;
mod report;

pub mod cli;

pub use compose::{Running, StartError, start};
pub use config::{Config, DemoData, External};
pub use report::{Report, Summary};
