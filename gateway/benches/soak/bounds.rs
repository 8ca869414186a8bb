//! What was measured, and what it may be.

use std::process::ExitCode;

/// The bounds so far, of which some may be broken.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    broken: Vec<String>,
}

impl Bounds {
    /// A measure that may be so much and no more.
    pub(crate) fn at_most(&mut self, what: &str, measured: f64, most: f64, unit: &str) {
        self.hold(what, measured, most, unit, "≤", measured <= most);
    }

    /// A measure that has to be so much, or the others say little.
    pub(crate) fn at_least(&mut self, what: &str, measured: f64, least: f64, unit: &str) {
        self.hold(what, measured, least, unit, "≥", measured >= least);
    }

    fn hold(&mut self, what: &str, measured: f64, bound: f64, unit: &str, sign: &str, holds: bool) {
        let line = format!("{what}: {measured:.2} {unit} (bound {sign} {bound:.2})");
        println!("  {} {line}", if holds { "✓" } else { "✗" });
        if !holds {
            self.broken.push(line);
        }
    }

    /// The end of the program.
    pub(crate) fn verdict(self) -> ExitCode {
        if self.broken.is_empty() {
            println!("\nevery bound holds");
            return ExitCode::SUCCESS;
        }
        eprintln!("\nbroken:\n  {}", self.broken.join("\n  "));
        ExitCode::FAILURE
    }
}
