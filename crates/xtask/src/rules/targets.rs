//! What `cargo run`, `cargo test` and an installed binary mean has to be one thing.

use std::collections::BTreeMap;

use crate::{finding::Finding, packages::Package, tree::Tree};

pub(crate) fn check(tree: &Tree, packages: &[Package]) -> Vec<Finding> {
    let mut findings = default_run(packages);
    findings.extend(unique_binaries(packages));
    findings.extend(default_members(tree));
    findings
}

/// `cargo run` in the root has to find exactly one program.
fn default_run(packages: &[Package]) -> Vec<Finding> {
    let named = packages.iter().filter_map(|package| Some((package.name.as_str(), package.default_run.as_deref()?)));
    let named: Vec<(&str, &str)> = named.collect();
    if named == [("standalone", "agora")] {
        return Vec::new();
    }
    let sentence = format!("exactly `standalone` sets default-run, to `agora`; found {named:?}");
    vec![Finding::about("Cargo.toml", sentence)]
}

fn unique_binaries(packages: &[Package]) -> Vec<Finding> {
    let mut owners: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        for binary in &package.binaries {
            owners.entry(binary).or_default().push(&package.name);
        }
    }
    owners.retain(|_, packages| packages.len() > 1);
    let twice = owners.into_iter();
    twice
        .map(|(binary, owners)| {
            Finding::about("Cargo.toml", format!("two programs are called `{binary}`: of {owners:?}"))
        })
        .collect()
}

/// They would make `cargo test` in the root test less than everything.
fn default_members(tree: &Tree) -> Vec<Finding> {
    let manifest = tree.files.iter().filter(|file| file.path == "Cargo.toml");
    let lines = manifest.flat_map(|file| file.lines());
    let found = lines.filter(|(_, line)| line.trim_start().starts_with("default-members"));
    found.map(|(number, _)| Finding::at("Cargo.toml", number, "no default-members: they shrink `cargo test`")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::File;

    fn package(name: &str, binary: &str, default_run: Option<&str>) -> Package {
        let default_run = default_run.map(ToOwned::to_owned);
        Package { name: name.to_owned(), binaries: vec![binary.to_owned()], default_run, ..Package::default() }
    }

    #[test]
    fn another_default_program_is_found() {
        let right = || package("standalone", "agora", Some("agora"));
        assert_eq!(check(&Tree::default(), &[right()]), []);
        assert_eq!(check(&Tree::default(), &[]).len(), 1);
        assert_eq!(check(&Tree::default(), &[right(), package("gateway", "gateway", Some("gateway"))]).len(), 1);
    }

    #[test]
    fn two_programs_of_one_name_are_found() {
        let packages = [package("standalone", "agora", Some("agora")), package("gateway", "agora", None)];
        assert!(check(&Tree::default(), &packages)[0].sentence.contains("two programs"));
    }

    #[test]
    fn default_members_are_found() {
        let files = vec![File::new("Cargo.toml", "[workspace]\ndefault-members = [\"gateway\"]\n")];
        let findings = check(&Tree { files }, &[package("standalone", "agora", Some("agora"))]);
        assert_eq!(findings[0].line, 2);
    }
}
