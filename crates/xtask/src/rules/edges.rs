//! Who may depend on whom: the table of ARCHITECTURE.md, compared with `cargo metadata`. Dev-dependencies are outside the table.

use crate::{finding::Finding, packages::Package};

/// Every crate that may exist here and the crates of this repository that it may need.
const ALLOWED: &[(&str, &[&str])] = &[
    ("problem", &[]),
    ("principal", &["problem"]),
    ("upstream", &[]),
    ("transform", &[]),
    ("database", &[]),
    ("bus", &["boot"]),
    ("picture", &[]),
    ("events", &["database", "bus"]),
    ("boot", &["problem"]),
    ("service", &["problem", "principal", "database", "bus", "boot"]),
    ("gateway", &["problem", "principal", "upstream", "transform", "bus", "boot"]),
    ("users", SERVICE),
    ("posts", POSTS),
    ("feed", SERVICE),
    ("shop", SERVICE),
    ("migration", &["database"]),
    ("testkit", &["problem", "principal", "upstream", "database", "bus", "events", "boot", "service", "migration"]),
    ("standalone", EVERYTHING_BUT_TESTKIT),
    ("xtask", &[]),
];

const SERVICE: &[&str] = &["problem", "principal", "database", "bus", "events", "boot", "service", "upstream"];

/// It is the one that people upload images to.
const POSTS: &[&str] = &["problem", "principal", "database", "bus", "events", "boot", "service", "upstream", "picture"];

const EVERYTHING_BUT_TESTKIT: &[&str] = &[
    "problem",
    "principal",
    "upstream",
    "transform",
    "database",
    "bus",
    "picture",
    "events",
    "boot",
    "service",
    "gateway",
    "users",
    "posts",
    "feed",
    "shop",
    "migration",
];

/// Libraries that only some crates may name. A crate that reaches one anyway does so through a crate that is named here.
const RESTRICTED: &[(&[&str], &[&str])] = &[
    (
        &["sea-orm", "sea-orm-migration", "sqlx"],
        &["users", "posts", "feed", "shop", "migration", "database", "events", "service", "testkit"],
    ),
    (&["jsonwebtoken"], &["gateway", "principal"]),
    (&["jaq-core", "jaq-json"], &["transform"]),
    (&["fast_image_resize", "image", "thumbhash"], &["picture"]),
];

pub(crate) fn check(packages: &[Package]) -> Vec<Finding> {
    packages.iter().flat_map(|package| own_edges(package).into_iter().chain(libraries(package))).collect()
}

fn own_edges(package: &Package) -> Vec<Finding> {
    let name = &package.name;
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| known == name) else {
        let sentence = format!("`{name}` is not in the table of crates: give it one sentence and its edges");
        return vec![Finding::about("Cargo.toml", sentence)];
    };
    let own = package.dependencies.iter().filter(|needed| ALLOWED.iter().any(|(known, _)| known == needed));
    own.filter(|needed| !allowed.contains(&needed.as_str()))
        .map(|needed| Finding::about("Cargo.toml", format!("`{name}` must not depend on `{needed}`")))
        .collect()
}

fn libraries(package: &Package) -> impl Iterator<Item = Finding> {
    let name = package.name.as_str();
    let refused = RESTRICTED.iter().filter(move |(_, users)| !users.contains(&name));
    let refused = refused.flat_map(|(libraries, _)| *libraries);
    refused
        .filter(|library| package.dependencies.iter().any(|needed| needed == *library))
        .map(move |library| Finding::about("Cargo.toml", format!("`{name}` must not depend on `{library}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, dependencies: &[&str]) -> Vec<String> {
        let dependencies = dependencies.iter().map(ToString::to_string).collect();
        let package = Package { name: name.to_owned(), dependencies, ..Package::default() };
        check(&[package]).into_iter().map(|finding| finding.sentence).collect()
    }

    #[test]
    fn an_edge_outside_the_table_is_found() {
        assert_eq!(told("gateway", &["boot", "users"]), ["`gateway` must not depend on `users`"]);
        assert_eq!(told("users", &["picture"]), ["`users` must not depend on `picture`"]);
        assert_eq!(told("users", &["posts"]), ["`users` must not depend on `posts`"]);
        assert_eq!(told("standalone", &["gateway", "testkit"]), ["`standalone` must not depend on `testkit`"]);
    }

    #[test]
    fn an_edge_of_the_table_is_fine() {
        assert_eq!(told("gateway", &["boot", "principal", "tokio"]), [""; 0]);
    }

    #[test]
    fn a_crate_that_nobody_decided_on_is_found() {
        assert!(told("helpers", &[])[0].contains("not in the table"));
    }

    #[test]
    fn a_restricted_library_is_found() {
        assert_eq!(told("boot", &["sea-orm"]), ["`boot` must not depend on `sea-orm`"]);
        assert_eq!(told("users", &["jsonwebtoken", "sea-orm"]), ["`users` must not depend on `jsonwebtoken`"]);
    }

    #[test]
    fn nobody_depends_on_standalone_or_xtask() {
        for leaf in ["standalone", "xtask", "testkit"] {
            assert!(ALLOWED.iter().all(|(_, allowed)| !allowed.contains(&leaf)), "{leaf}");
        }
    }
}
