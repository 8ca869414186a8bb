//! The configuration directory of the composed routes.

use std::fs;

use tempfile::TempDir;

const FILES: [(&str, &str); 5] = [
    ("gateway.toml", include_str!("gateway.toml")),
    ("routes/cases.toml", include_str!("routes.toml")),
    ("openapi/things.json", include_str!("things.json")),
    ("openapi/gateway.json", include_str!("../../../../openapi/gateway.json")),
    ("openapi/users.json", include_str!("../../../../openapi/users.json")),
];

/// Writes it; it lives as long as what is returned.
pub(super) fn write() -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in FILES {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a file in a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    directory
}
