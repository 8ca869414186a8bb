//! The workspace as cargo sees it, reduced to what the rules ask.

use std::io;

use cargo_metadata::{DependencyKind, MetadataCommand, TargetKind};

/// One crate of the workspace.
#[derive(Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Everything it needs to build, dev-dependencies aside.
    pub(crate) dependencies: Vec<String>,
    pub(crate) binaries: Vec<String>,
    pub(crate) default_run: Option<String>,
}

/// Asks `cargo metadata`.
pub(crate) fn read() -> io::Result<Vec<Package>> {
    let metadata = MetadataCommand::new().no_deps().exec().map_err(io::Error::other)?;
    Ok(metadata.packages.into_iter().map(reduced).collect())
}

fn reduced(package: cargo_metadata::Package) -> Package {
    let needed = package.dependencies.into_iter().filter(|needed| needed.kind != DependencyKind::Development);
    let binaries = package.targets.into_iter().filter(|target| target.kind.contains(&TargetKind::Bin));
    Package {
        name: package.name.to_string(),
        dependencies: needed.map(|needed| needed.name).collect(),
        binaries: binaries.map(|target| target.name).collect(),
        default_run: package.default_run,
    }
}
