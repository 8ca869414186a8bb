//! A task that nobody knows about is lost in a shutdown, so production code spawns only where something waits for what it spawned.

use crate::{finding::Finding, tree::Tree};

/// Where tasks have an owner other than `boot::Tasks`: boot itself, calls into a local service, connections, and tests' stubs.
const OWNERS: &[&str] = &["crates/boot/", "crates/upstream/", "crates/testkit/", "gateway/src/listener"];

/// Written in pieces, so that this file keeps its own rule.
const SPAWNS: &[&str] = &[concat!("tokio::sp", "awn("), concat!("task::sp", "awn("), concat!("task::sp", "awn_local(")];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let sources = tree.rust().filter(|file| !OWNERS.iter().any(|owner| file.path.starts_with(owner)));
    sources
        .flat_map(|file| {
            let lines = file.production_lines().into_iter();
            let found = lines.filter(|(_, line)| !line.trim_start().starts_with("//"));
            let found = found.filter(|(_, line)| SPAWNS.iter().any(|call| line.contains(call)));
            found.map(|(number, _)| {
                Finding::at(&file.path, number, "spawn through boot::Tasks, so that a shutdown waits for it")
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::File;

    fn told(path: &str, text: &str) -> usize {
        check(&Tree { files: vec![File::new(path, text)] }).len()
    }

    #[test]
    fn a_task_without_an_owner_is_found() {
        assert_eq!(told("services/users/src/accounts.rs", "    tokio::spawn(async {});\n"), 1);
    }

    #[test]
    fn owners_and_tests_may_spawn() {
        assert_eq!(told("crates/boot/src/serve.rs", "    tokio::spawn(async {});\n"), 0);
        assert_eq!(told("services/users/tests/api/main.rs", "    tokio::spawn(async {});\n"), 0);
        assert_eq!(told("services/users/src/lib.rs", "//! tokio::spawn(…)\n"), 0);
    }
}
