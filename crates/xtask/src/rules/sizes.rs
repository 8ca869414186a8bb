//! A file that one cannot read in one sitting is two files.

use crate::{finding::Finding, tree::Tree};

/// Production lines a file; tests do not count.
const MOST_LINES: usize = 400;

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let sized = tree.rust().map(|file| (file, file.production_lines().len()));
    sized
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(file, lines)| Finding::about(&file.path, format!("{lines} lines without tests, more than {MOST_LINES}")))
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
    fn a_file_over_the_limit_is_found() {
        assert_eq!(told("gateway/src/plan.rs", &"x;\n".repeat(MOST_LINES + 1)), 1);
    }

    #[test]
    fn tests_do_not_count() {
        let text = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "x;\n".repeat(MOST_LINES), "    y;\n".repeat(50));
        assert_eq!(told("gateway/src/plan.rs", &text), 0);
        assert_eq!(told("gateway/tests/gateway/main.rs", &"x;\n".repeat(MOST_LINES + 1)), 0);
    }
}
