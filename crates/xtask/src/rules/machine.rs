//! Nothing in the tree may name a place of the machine that it was written on.

use std::path::{Path, PathBuf};

use crate::{finding::Finding, tree, tree::Tree};

/// Where this checkout, the home directory and cargo's files are on this machine.
pub(crate) fn places() -> Vec<String> {
    #[allow(clippy::disallowed_methods, reason = "xtask depends on no other crate here, so not on boot::Vars")]
    let named = ["HOME", "CARGO_HOME", "RUSTUP_HOME"].into_iter().filter_map(std::env::var_os);
    let places = named.map(PathBuf::from).chain([tree::root()]);
    places.filter_map(|place| telling(&place)).collect()
}

/// A directory right under the root (`/app`, `/root`) is too common a word to tell a machine by.
fn telling(place: &Path) -> Option<String> {
    let deep = place.is_absolute() && place.components().count() > 2;
    Some(place.to_str()?.trim_end_matches('/').to_owned()).filter(|_| deep)
}

pub(crate) fn check(tree: &Tree, places: &[String]) -> Vec<Finding> {
    let lines = tree.files.iter().flat_map(|file| file.lines().map(move |(number, line)| (file, number, line)));
    let found = lines.filter(|(_, _, line)| places.iter().any(|place| line.contains(place.as_str())));
    found.map(|(file, number, _)| Finding::at(&file.path, number, "a path of this machine")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::File;

    #[test]
    fn a_path_of_the_machine_is_found() {
        let files = vec![File::new("README.md", "see\n/srv/someone/agora/target\n")];
        let findings = check(&Tree { files }, &["/srv/someone/agora".to_owned()]);
        assert_eq!(findings, [Finding::at("README.md", 2, "a path of this machine")]);
    }

    #[test]
    fn common_directories_tell_nothing() {
        assert_eq!(telling(Path::new("/app")), None);
        assert_eq!(telling(Path::new("/srv/someone/")), Some("/srv/someone".to_owned()));
    }
}
