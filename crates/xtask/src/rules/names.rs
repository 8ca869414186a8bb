//! Names that say nothing are refused, for crates and for modules; and a module is `foo.rs`, not a file that is called like all others.

use std::path::Path;

use crate::{
    finding::Finding,
    packages::Package,
    tree::{File, Tree},
};

const REFUSED: &[&str] =
    &["common", "util", "utils", "helper", "helpers", "misc", "core", "base", "shared", "manager", "dto", "models"];

pub(crate) fn check(tree: &Tree, packages: &[Package]) -> Vec<Finding> {
    let crates = packages.iter().filter(|package| is_refused(&package.name));
    let crates = crates.map(|package| Finding::about("Cargo.toml", refusal(&package.name)));
    crates.chain(tree.rust().flat_map(modules)).collect()
}

fn modules(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let path = Path::new(&file.path);
    let folders = path.parent().into_iter().flat_map(Path::components).map(|part| part.as_os_str());
    for name in folders.chain(path.file_stem()).filter_map(|name| name.to_str()) {
        if is_refused(name) {
            findings.push(Finding::about(&file.path, refusal(name)));
        }
    }
    if path.file_name().is_some_and(|name| name == "mod.rs") {
        findings.push(Finding::about(&file.path, "a module is `foo.rs` beside `foo/`, so that its name is in its tab"));
    }
    let inline = file.lines().filter_map(|(number, line)| Some((number, inline_module(line)?)));
    let inline = inline.filter(|(_, name)| is_refused(name));
    findings.extend(inline.map(|(number, name)| Finding::at(&file.path, number, refusal(name))));
    findings
}

/// The name in `mod name {`, whatever its visibility.
fn inline_module(line: &str) -> Option<&str> {
    let declaration = line.trim().strip_suffix('{')?.trim_end();
    let (before, name) = declaration.rsplit_once(' ')?;
    (before == "mod" || before.starts_with("pub") && before.ends_with(" mod")).then_some(name)
}

fn is_refused(name: &str) -> bool {
    REFUSED.contains(&name)
}

fn refusal(name: &str) -> String {
    format!("`{name}` says nothing about what is in it: name the thing that it holds")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, text: &str) -> usize {
        check(&Tree { files: vec![File::new(path, text)] }, &[]).len()
    }

    #[test]
    fn refused_names_are_found_wherever_they_stand() {
        assert_eq!(told("gateway/src/utils.rs", ""), 1);
        assert_eq!(told("gateway/src/helpers/time.rs", ""), 1);
        assert_eq!(told("gateway/src/plan.rs", "pub(crate) mod models {\n}\n"), 1);
        let package = Package { name: "common".to_owned(), ..Package::default() };
        assert_eq!(check(&Tree::default(), &[package]).len(), 1);
    }

    #[test]
    fn a_module_file_without_a_name_of_its_own_is_found() {
        assert_eq!(told("gateway/src/plan/mod.rs", ""), 1);
    }

    #[test]
    fn names_of_things_are_fine() {
        assert_eq!(told("gateway/src/plan/contract.rs", "mod tests {\n}\nmod core;\n"), 0);
    }
}
