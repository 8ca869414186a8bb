//! Where a plan comes from: the files compiled into the binary, or a directory.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The files of this repository, so that the binaries need none.
const EMBEDDED: &[(&str, &str)] = &[
    ("gateway/gateway.toml", include_str!("../../gateway.toml")),
    ("gateway/routes/auth.toml", include_str!("../../routes/auth.toml")),
    ("gateway/routes/feed.toml", include_str!("../../routes/feed.toml")),
    ("gateway/routes/home.toml", include_str!("../../routes/home.toml")),
    ("gateway/routes/media.toml", include_str!("../../routes/media.toml")),
    ("gateway/routes/posts.toml", include_str!("../../routes/posts.toml")),
    ("gateway/routes/users.toml", include_str!("../../routes/users.toml")),
    ("openapi/feed.json", include_str!("../../../openapi/feed.json")),
    ("openapi/gateway.json", include_str!("../../../openapi/gateway.json")),
    ("openapi/posts.json", include_str!("../../../openapi/posts.json")),
    ("openapi/users.json", include_str!("../../../openapi/users.json")),
];

/// Where the files of a plan are, and what its variables and profile are.
#[derive(Clone, Debug)]
pub struct Sources {
    place: Place,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) profile: String,
    contracts: Option<PathBuf>,
}

#[derive(Clone, Debug)]
enum Place {
    Directory(PathBuf),
    Texts { directory: PathBuf, files: BTreeMap<PathBuf, String> },
}

/// One file as it was read.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub(super) name: String,
    pub(super) text: io::Result<String>,
}

impl Sources {
    /// The configuration that is compiled into the binary: the one of this repository.
    #[must_use]
    pub fn embedded() -> Self {
        Self::texts("gateway", EMBEDDED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
    }

    /// The configuration in a directory: `gateway.toml` and `routes/**/*.toml`. It is read when a plan is loaded.
    #[must_use]
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self::new(Place::Directory(path.into()))
    }

    /// Files that exist only as text, by their paths; `directory` is the one that has `gateway.toml` in it.
    #[must_use]
    pub fn texts(directory: impl Into<PathBuf>, files: impl IntoIterator<Item = (String, String)>) -> Self {
        let files = files.into_iter().map(|(name, text)| (PathBuf::from(name), text)).collect();
        Self::new(Place::Texts { directory: directory.into(), files })
    }

    fn new(place: Place) -> Self {
        Self { place, variables: BTreeMap::new(), profile: "demo".to_owned(), contracts: None }
    }

    /// What `${NAME}` means in these files; nothing is ever read from the environment here.
    #[must_use]
    pub fn with_variables(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.variables.extend(variables);
        self
    }

    /// The profile that the plan is for; `demo` unless told otherwise.
    #[must_use]
    pub fn with_profile(mut self, profile: impl Into<String>) -> Self {
        self.profile = profile.into();
        self
    }

    /// Takes every contract from one directory, by its file name, instead of from where `gateway.toml` says.
    #[must_use]
    pub fn with_contracts(mut self, directory: impl Into<PathBuf>) -> Self {
        self.contracts = Some(directory.into());
        self
    }

    /// Whether the files can be other ones when they are read again.
    pub(crate) fn can_change(&self) -> bool {
        matches!(self.place, Place::Directory(_))
    }

    fn root(&self) -> &Path {
        match &self.place {
            Place::Directory(path) | Place::Texts { directory: path, .. } => path,
        }
    }

    /// `gateway.toml`.
    pub(super) fn settings(&self) -> SourceFile {
        self.file(&self.root().join("gateway.toml"))
    }

    /// The route files, in the order of their names; a directory that cannot be listed is one file that cannot be read.
    pub(super) fn routes(&self) -> Vec<SourceFile> {
        let directory = self.root().join("routes");
        match self.listed(&directory) {
            Ok(paths) => paths.iter().map(|path| self.file(path)).collect(),
            Err(error) => vec![SourceFile { name: shown(&directory), text: Err(error) }],
        }
    }

    /// A contract, by its path relative to the configuration.
    pub(super) fn contract(&self, relative: &str) -> SourceFile {
        match (&self.contracts, Path::new(relative).file_name()) {
            (Some(directory), Some(name)) => read(&directory.join(name)),
            _ => self.file(&resolved(&self.root().join(relative))),
        }
    }

    fn file(&self, path: &Path) -> SourceFile {
        match &self.place {
            Place::Directory(_) => read(path),
            Place::Texts { files, .. } => {
                let text = files.get(path).cloned().ok_or_else(|| io::Error::other("there is no such file"));
                SourceFile { name: shown(path), text }
            }
        }
    }

    fn listed(&self, directory: &Path) -> io::Result<Vec<PathBuf>> {
        let mut paths = match &self.place {
            Place::Directory(_) => walk(directory, &mut Vec::new())?,
            Place::Texts { files, .. } => files.keys().filter(|path| path.starts_with(directory)).cloned().collect(),
        };
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        Ok(paths)
    }
}

fn read(path: &Path) -> SourceFile {
    SourceFile { name: shown(path), text: text(path) }
}

/// Of a file: reading a pipe would wait for whoever writes to it.
fn text(path: &Path) -> io::Result<String> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    std::fs::read_to_string(path)
}

/// What is in a directory and below it, links followed: a directory may be mounted file by file. Names that begin with a dot are
/// nobody's routes: editors have such files, and Kubernetes keeps its versions of a mounted directory behind one.
fn walk(directory: &Path, above: &mut Vec<PathBuf>) -> io::Result<Vec<PathBuf>> {
    let real = directory.canonicalize()?;
    if above.contains(&real) {
        return Err(io::Error::other(format!("{} is a link to a directory that it is in", shown(directory))));
    }
    above.push(real);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        // What a link does not lead to is missed where it is read.
        let is_directory = std::fs::metadata(&path).is_ok_and(|metadata| metadata.is_dir());
        if is_directory { found.extend(walk(&path, above)?) } else { found.push(path) }
    }
    above.pop();
    Ok(found)
}

/// The path with `name/..` taken out, so that mistakes name a file in the way a person would.
fn resolved(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for component in path.components() {
        let after_name = matches!(resolved.components().next_back(), Some(Component::Normal(_)));
        if component == Component::ParentDir && after_name {
            resolved.pop();
        } else {
            resolved.push(component);
        }
    }
    resolved
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests;
