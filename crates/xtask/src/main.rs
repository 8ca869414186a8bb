//! Tests the conventions of the tree, and starts the real server that some tests need.
//!
//! ```text
//! cargo run -p xtask -- tidy                        every broken convention, with its file and line
//! cargo run -p xtask -- with-postgres -- COMMAND    COMMAND with TEST_POSTGRES_URL naming a private, empty server
//! ```
//!
//! It depends on no other crate here, so it is built quickly and works when they do not build.

mod finding;
mod packages;
mod postgres;
mod rules;
mod tree;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

const USAGE: &str = "usage: xtask tidy | xtask with-postgres -- COMMAND [ARGUMENT]…";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["tidy"] => tidy(),
        ["with-postgres", "--", command, rest @ ..] => postgres::run_with(command, rest),
        _ => Err(io::Error::other(USAGE)),
    };
    outcome.unwrap_or_else(|why| {
        say(&format!("xtask: {why}"));
        ExitCode::FAILURE
    })
}

fn tidy() -> io::Result<ExitCode> {
    let findings = rules::check_all(&tree::Tree::read()?, &packages::read()?);
    for finding in &findings {
        say(&finding.to_string());
    }
    say(&format!("tidy: {} broken conventions", findings.len()));
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A line for the person (or the log) that runs this. If nobody reads it, nobody misses it.
fn say(line: &str) {
    drop(writeln!(io::stderr(), "{line}"));
}
