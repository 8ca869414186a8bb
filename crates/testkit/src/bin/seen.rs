//! Run after the tests: compares `target/seen.jsonl` with `openapi/public.json`, and fails where one has what the other has not.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line program")]

use std::process::ExitCode;

use testkit::seen::{Document, file, judge, root};

fn main() -> ExitCode {
    let Ok(lines) = std::fs::read_to_string(file()) else {
        eprintln!("{} is missing: run the system suite first", file().display());
        return ExitCode::FAILURE;
    };
    let document = Document::read(&root().join("openapi").join("public.json"));
    let verdict = judge(&document, &lines);
    for mistake in &verdict.mistakes {
        eprintln!("✗ {mistake}");
    }
    println!(
        "{} answers seen over {} documented operations; {} do not fit",
        verdict.answers,
        verdict.operations,
        verdict.mistakes.len()
    );
    if verdict.mistakes.is_empty() && verdict.answers > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
