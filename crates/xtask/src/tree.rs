//! The files of the checkout: what git tracks, and what it would track.

use std::{
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
};

/// All text files.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

/// One text file; `path` is relative to the root, with slashes.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Tree {
    /// Reads the checkout that this program was built in.
    pub(crate) fn read() -> io::Result<Self> {
        let root = root();
        let listed = Command::new("git")
            .args(["-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"])
            .current_dir(&root)
            .output()?;
        if !listed.status.success() {
            return Err(io::Error::other(format!("git ls-files: {}", String::from_utf8_lossy(&listed.stderr))));
        }
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let files = listed.split('\0').filter(|path| !path.is_empty()).filter_map(|path| {
            // What is not UTF-8 is an image or the like; what is gone was deleted and not yet committed.
            let text = fs::read_to_string(root.join(path)).ok()?;
            Some(File { path: path.to_owned(), text })
        });
        Ok(Self { files: files.collect() })
    }

    /// The Rust sources.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }
}

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

impl File {
    /// A file for a test of a rule.
    #[cfg(test)]
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// The lines with their numbers, counted from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Whether the whole file is a test or a benchmark.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs") || self.is_benchmark()
    }

    /// Whether the whole file is a benchmark.
    pub(crate) fn is_benchmark(&self) -> bool {
        self.path.contains("/benches/")
    }

    /// The lines that are shipped: not those of `#[cfg(test)]` items, nor of test files.
    pub(crate) fn production_lines(&self) -> Vec<(usize, &str)> {
        if self.is_test() {
            return Vec::new();
        }
        let tested = self.tested_ranges();
        self.lines().filter(|(number, _)| !tested.iter().any(|range| range.contains(number))).collect()
    }

    /// The other lines.
    pub(crate) fn test_lines(&self) -> Vec<(usize, &str)> {
        if self.is_test() {
            return self.lines().collect();
        }
        let tested = self.tested_ranges();
        self.lines().filter(|(number, _)| tested.iter().any(|range| range.contains(number))).collect()
    }

    /// From each `#[cfg(test)]` to the line that closes its item: the first that is indented no deeper and is a closing brace or
    /// ends with a semicolon. The sources are formatted, so indentation says where an item ends.
    fn tested_ranges(&self) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let lines: Vec<(usize, &str)> = self.lines().collect();
        for &(number, line) in &lines {
            let inside = ranges.last().is_some_and(|range| range.contains(&number));
            if inside || line.trim() != "#[cfg(test)]" {
                continue;
            }
            let indent = line.len() - line.trim_start().len();
            let closes = |candidate: &str| {
                let own_indent = candidate.len() - candidate.trim_start().len();
                own_indent == indent && (candidate.trim() == "}" || candidate.trim_end().ends_with(';'))
            };
            let end = lines[number..].iter().find(|(_, candidate)| closes(candidate));
            ranges.push(number..end.map_or(lines.len(), |(last, _)| *last) + 1);
        }
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str =
        "use a;\n\n#[cfg(test)]\nfn only() {\n    b;\n}\nfn kept() {}\n#[cfg(test)]\nmod tests {\n    c\n}\n";

    #[test]
    fn test_items_are_told_from_production() {
        let file = File::new("crates/x/src/y.rs", SOURCE);
        let kept: Vec<usize> = file.production_lines().into_iter().map(|(number, _)| number).collect();
        assert_eq!(kept, [1, 2, 7]);
        assert_eq!(file.test_lines().len(), 8);
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_hides_one_line() {
        let file = File::new("crates/x/src/y.rs", "#[cfg(test)]\nmod tests;\nfn kept() {}\n");
        assert_eq!(file.production_lines(), [(3, "fn kept() {}")]);
    }

    #[test]
    fn files_of_test_crates_have_no_production_lines() {
        assert!(File::new("gateway/tests/gateway/main.rs", "fn x() {}\n").production_lines().is_empty());
    }

    #[test]
    fn the_checkout_is_found() {
        assert!(root().join("Cargo.lock").is_file());
    }
}
