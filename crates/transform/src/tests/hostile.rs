//! No accepted program takes more than 50 ms or 64 MiB for a document of one megabyte.
//!
//! Each program runs in a process of its own with a limit of memory, so that one that breaks the promise breaks nothing
//! else, and so that its memory can be told.

use std::process::Command;
use std::time::Duration;

use super::{corpus, documents};
use crate::{Program, TransformError};

const MOST_TIME: Duration = Duration::from_millis(50);
const MOST_KIB: u64 = 64 << 10;

/// The address space of a child, the test program itself included.
const LIMIT_KIB: u64 = 512 << 10;

/// Without optimisation the code of this crate, jaq's generic code included, takes so many times as long.
const SLOWER: u32 = if cfg!(debug_assertions) { 20 } else { 1 };

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
    // What is measured has a processor of its own; where that is a rough check anyway, time is saved.
    let at_once = if cfg!(debug_assertions) { 2 } else { 1 };
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
    let mut documents = documents::all();
    if cfg!(debug_assertions) {
        documents.truncate(6);
    }
    println!();
    let before = peak_kib();
    for (name, document) in &documents {
        let mut best = Duration::MAX;
        let mut result = Err(TransformError::NotJson);
        let mut runs = 0;
        while runs == 0 || runs < 3 && best > MOST_TIME * SLOWER / 2 {
            runs += 1;
            let begin = on_processor();
            result = program.run(document.as_bytes(), &[]).map(|out| out.len());
            best = best.min(on_processor() - begin);
        }
        println!("  {:6} KiB {best:>12.3?} {name}: {result:?}", peak_kib() - before);
        assert!(best <= MOST_TIME * SLOWER, "{best:?} on {name}");
        assert!(peak_kib() - before <= MOST_KIB, "{} KiB on {name}", peak_kib() - before);
        assert_ne!(result, Err(TransformError::NotJson), "{name}");
        assert!(!must_work || *name != "half the records" || result.is_ok(), "{result:?} on {name}");
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
