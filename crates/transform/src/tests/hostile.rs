//! No accepted program takes more than a small multiple of the reading of its document, or 64 MiB, for one megabyte.
//!
//! The multiple stands for 50 ms on the machine of the README's figures, with room for what differs between machines:
//! a bound in milliseconds would fail where the processor is shared, and a program that the meter does not see takes
//! ten times as long at least.
//!
//! Each program runs in a process of its own with a limit of memory, so that one that breaks the promise breaks nothing
//! else, and so that its memory can be told.

use std::process::Command;
use std::time::Duration;

use super::{corpus, documents};
use crate::{Program, TransformError};

/// How many times a program may take what the yardstick takes.
const MOST_TIMES: f64 = 15.0;
const MOST_KIB: u64 = 64 << 10;

/// The address space of a child, the test program itself included.
const LIMIT_KIB: u64 = 512 << 10;

const MARKER: &str = "TRANSFORM_PROGRAM";

#[test]
fn hostile_programs_are_refused() {
    assert!(corpus::REFUSED.len() >= 60);
    for text in corpus::REFUSED {
        let error = Program::compile(text, &[]).expect_err(text);
        assert!(!error.message.starts_with("jaq does not take"), "{text}: the check did not see it: {error}");
        assert!(text.get(error.at.clone()).is_some(), "{text}: {:?}", error.at);
    }
}

#[test]
fn accepted_programs_end_soon_in_little_memory() {
    let programs: Vec<&str> = corpus::HOSTILE.iter().chain(corpus::LEGITIMATE).copied().collect();
    let at_once = 2;
    let broken: Vec<String> = std::thread::scope(|scope| {
        let part =
            |offset| programs.iter().skip(offset).step_by(at_once).filter_map(|program| in_a_child(program).err());
        let threads: Vec<_> =
            (0..at_once).map(|offset| scope.spawn(move || part(offset).collect::<Vec<_>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Runs one program in a child; says what it did wrong.
fn in_a_child(program: &str) -> Result<(), String> {
    let own = std::env::current_exe().unwrap();
    let script = format!("ulimit -v {LIMIT_KIB}; exec \"$0\" \"$@\"");
    let child = Command::new("sh")
        .args(["-c", &script])
        .arg(own)
        .args(["--exact", "tests::hostile::a_child_keeps_the_limits", "--nocapture", "--test-threads=1"])
        .env(MARKER, program)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    if std::env::args().any(|argument| argument == "--nocapture") {
        said.lines().filter(|line| line.starts_with("  ")).for_each(|line| println!("{line}  {program}"));
    }
    if child.status.success() {
        return Ok(());
    }
    Err(format!("{program}\n{said}{}", String::from_utf8_lossy(&child.stderr)))
}

/// Does nothing unless it was started by the test above.
#[test]
#[allow(clippy::disallowed_methods, reason = "the parent hands the program over in the environment")]
fn a_child_keeps_the_limits() {
    let Ok(text) = std::env::var(MARKER) else { return };
    let program = Program::compile(&text, &[]).unwrap();
    let must_work = corpus::LEGITIMATE.contains(&&*text);
    let documents = documents::all();
    println!();
    let yardstick = Yardstick::new();
    let before = peak_kib();
    for (name, document) in &documents {
        let mut best = f64::MAX;
        let mut result = Err(TransformError::NotJson);
        let mut runs = 0;
        while runs == 0 || runs < 5 && best > MOST_TIMES / 2.0 {
            runs += 1;
            let unit = yardstick.measure();
            let begin = on_processor();
            result = program.run(document.as_bytes(), &[]).map(|out| out.len());
            best = best.min((on_processor() - begin).as_secs_f64() / unit.as_secs_f64());
        }
        println!("  {:6} KiB {best:>7.2} times {name}: {result:?}", peak_kib() - before);
        assert!(best <= MOST_TIMES, "{best:.1} times the yardstick on {name}");
        assert!(peak_kib() - before <= MOST_KIB, "{} KiB on {name}", peak_kib() - before);
        assert_ne!(result, Err(TransformError::NotJson), "{name}");
        assert!(!must_work || *name != "half the records" || result.is_ok(), "{result:?} on {name}");
    }
}

/// What one reading of half a megabyte of records takes here and now.
struct Yardstick {
    program: Program,
    document: String,
}

impl Yardstick {
    fn new() -> Self {
        Self { program: Program::compile("[.items | length]", &[]).unwrap(), document: documents::half() }
    }

    fn measure(&self) -> Duration {
        let once = || {
            let begin = on_processor();
            self.program.run(self.document.as_bytes(), &[]).unwrap();
            on_processor() - begin
        };
        (0..3).map(|_| once()).min().unwrap()
    }
}

/// How long this thread has run: what others take from it does not count.
fn on_processor() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

/// The most memory that this process ever had.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
