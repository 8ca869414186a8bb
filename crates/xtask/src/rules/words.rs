//! Words that must not be committed: work that is not done, tests that do not run, tests that guess.

use crate::{
    finding::Finding,
    tree::{File, Tree},
};

/// Written in pieces, so that this file keeps its own rules.
const UNDONE: &[&str] = &[concat!("to", "do!("), concat!("unimple", "mented!("), concat!("FIX", "ME")];
const SWITCHED_OFF: &[&str] = &[concat!("#[ig", "nore"), concat!("cfg_attr(", "ignore")];
const GUESSED: &[&str] = &[concat!("thread::sl", "eep("), concat!("time::sl", "eep("), concat!(" sl", "eep(")];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(in_file).collect()
}

fn in_file(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines() {
        if holds(line, UNDONE) {
            findings.push(Finding::at(&file.path, number, "what is not done is not committed"));
        }
        if holds(line, SWITCHED_OFF) {
            findings.push(Finding::at(
                &file.path,
                number,
                "a test that does not run tests nothing: mend it or delete it",
            ));
        }
    }
    for (number, line) in file.test_lines() {
        if holds(line, GUESSED) && !file.is_benchmark() {
            findings.push(Finding::at(&file.path, number, "a test waits for a condition, not for a time"));
        }
    }
    findings
}

fn holds(line: &str, words: &[&str]) -> bool {
    words.iter().any(|word| line.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, text: &str) -> usize {
        check(&Tree { files: vec![File::new(path, text)] }).len()
    }

    #[test]
    fn unfinished_work_is_found() {
        assert_eq!(told("gateway/src/plan.rs", concat!("fn x() {\n    to", "do!()\n}\n")), 1);
    }

    #[test]
    fn a_test_that_is_switched_off_is_found() {
        assert_eq!(told("gateway/src/plan.rs", concat!("#[ig", "nore]\n#[ig", "nore = \"slow\"]\n")), 2);
    }

    #[test]
    fn a_pause_is_found_in_tests_only() {
        let line = concat!("tokio::time::sl", "eep(pause).await;\n");
        assert_eq!(told("gateway/tests/gateway/main.rs", line), 1);
        assert_eq!(told("gateway/src/plan.rs", line), 0);
        assert_eq!(told("gateway/benches/proxy/main.rs", line), 0, "a benchmark measures for a time");
        assert_eq!(told("gateway/src/plan.rs", &format!("#[cfg(test)]\nmod tests {{\n    {line}}}\n")), 1);
    }
}
