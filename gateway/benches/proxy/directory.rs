//! Configuration directories of the benchmark's own routes.

use std::fs;

use tempfile::TempDir;

/// A file: its name in the directory, and its text.
pub(crate) type Entry = (&'static str, &'static str);

/// The contracts of the gateway's own operations and of users.
const CONTRACTS: [Entry; 2] = [
    ("openapi/gateway.json", include_str!("../../../openapi/gateway.json")),
    ("openapi/users.json", include_str!("../../../openapi/users.json")),
];

/// Writes these files and the contracts; they live as long as what is returned.
pub(crate) fn write(files: &[Entry]) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in files.iter().chain(&CONTRACTS) {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a file in a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    directory
}
