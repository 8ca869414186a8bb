//! The conventions, one file per kind. Each rule is a plain function over the tree or the packages, with a test that it can fail.

mod edges;
mod machine;
mod names;
mod sizes;
mod spawns;
mod targets;
mod variables;
mod words;

use crate::{finding::Finding, packages::Package, tree::Tree};

/// Every broken convention.
pub(crate) fn check_all(tree: &Tree, packages: &[Package]) -> Vec<Finding> {
    let mut findings = edges::check(packages);
    findings.extend(names::check(tree, packages));
    findings.extend(targets::check(tree, packages));
    findings.extend(sizes::check(tree));
    findings.extend(words::check(tree));
    findings.extend(spawns::check(tree));
    findings.extend(variables::check(tree));
    findings.extend(machine::check(tree, &machine::places()));
    findings
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn this_tree_keeps_its_conventions() {
        let findings = check_all(&Tree::read().unwrap(), &crate::packages::read().unwrap());
        let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "\n{}", told.join("\n"));
    }
}
