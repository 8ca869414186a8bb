//! Which files of a directory are read.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::symlink;

use super::*;

/// What is read of `routes/`, after it was made so; of each file whether it could be.
fn read(make: impl FnOnce(&Path)) -> Vec<(String, bool)> {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("routes")).unwrap();
    make(directory.path());
    let below = |name: &str| name.strip_prefix(&shown(directory.path())).unwrap().to_owned();
    let files = Sources::directory(directory.path()).routes();
    files.iter().map(|file| (below(&file.name), file.text.is_ok())).collect()
}

fn named(names: &[(&str, bool)]) -> Vec<(String, bool)> {
    names.iter().map(|(name, is_ok)| ((*name).to_owned(), *is_ok)).collect()
}

#[test]
fn a_directory_that_is_mounted_file_by_file_is_read_once() {
    let read = read(|root| {
        fs::create_dir(root.join("routes/..2026_11_26")).unwrap();
        fs::write(root.join("routes/..2026_11_26/a.toml"), "").unwrap();
        symlink("..2026_11_26", root.join("routes/..data")).unwrap();
        symlink("..data/a.toml", root.join("routes/a.toml")).unwrap();
        symlink("ada@host.1", root.join("routes/.#b.toml")).unwrap();
    });
    assert_eq!(read, named(&[("/routes/a.toml", true)]));
}

#[test]
fn a_directory_that_is_linked_is_read() {
    let read = read(|root| {
        fs::create_dir(root.join("elsewhere")).unwrap();
        fs::write(root.join("elsewhere/b.toml"), "").unwrap();
        symlink("../elsewhere", root.join("routes/more")).unwrap();
        symlink("../elsewhere", root.join("routes/once_more")).unwrap();
    });
    assert_eq!(read, named(&[("/routes/more/b.toml", true), ("/routes/once_more/b.toml", true)]));
}

#[test]
fn a_link_that_leads_nowhere_and_one_that_leads_back_are_mistakes() {
    assert_eq!(read(|root| symlink("gone", root.join("routes/a.toml")).unwrap()), named(&[("/routes/a.toml", false)]));
    assert_eq!(read(|root| symlink(".", root.join("routes/back")).unwrap()), named(&[("/routes", false)]));
}
