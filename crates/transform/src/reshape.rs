//! The plain words of a route: `rename`, `pick` and `omit`.
//!
//! They work on the text: what they leave alone keeps its order, its spelling and its doubled names. All paths are those
//! of the document as it comes in, and one that it does not have changes nothing. A new name stands where the old one
//! did; that the document has no other field of that name is for the check of its schema to say. With `pick`, what is
//! not picked is gone; where a path leads through a value that it cannot lead through (`a.b`, and `a` is a number), null
//! stands.

mod tree;

use bytes::Bytes;

use self::tree::Node;
use super::cursor::{Cursor, admit};
use super::{Path, Step, TransformError};

/// What is renamed, picked and omitted, ready to run.
#[derive(Clone, Debug)]
pub struct Reshape {
    rename: Vec<(Path, String)>,
    pick: Option<Vec<Path>>,
    omit: Vec<Path>,
    root: Node,
}

impl Reshape {
    /// Reads the three words: each path is one of the document as it comes in. The new name of `rename` takes the place
    /// of the last field of its path. With `pick`, nothing else is kept.
    ///
    /// # Errors
    ///
    /// A sentence that says which path contradicts another, or cannot be renamed.
    pub fn compile(rename: &[(Path, String)], pick: Option<&[Path]>, omit: &[Path]) -> Result<Self, String> {
        let mut root = Node::new(pick.is_none());
        for path in pick.unwrap_or_default() {
            root.at(path).pick();
        }
        for path in omit {
            named(path, "omit")?;
            root.at(path).omit();
        }
        for (path, name) in rename {
            named(path, "rename")?;
            root.at(path).rename(name).map_err(|reason| format!("`{path}` {reason}"))?;
        }
        root.settle(&Path::default())?;
        Ok(Self { rename: rename.to_vec(), pick: pick.map(<[Path]>::to_vec), omit: omit.to_vec(), root })
    }

    /// Paths and their new names, as they were given.
    #[must_use]
    pub fn rename(&self) -> &[(Path, String)] {
        &self.rename
    }

    /// The only paths that are kept, if there is such a list.
    #[must_use]
    pub fn pick(&self) -> Option<&[Path]> {
        self.pick.as_deref()
    }

    /// The paths that are left out.
    #[must_use]
    pub fn omit(&self) -> &[Path] {
        &self.omit
    }

    /// Reshapes a JSON text.
    ///
    /// # Errors
    ///
    /// If it is no JSON, or too long or too deep.
    pub fn apply(&self, input: &[u8]) -> Result<Bytes, TransformError> {
        admit(input)?;
        let mut cursor = Cursor::new(input);
        let mut out = Vec::with_capacity(input.len());
        self.root.write(&mut cursor, false, &mut out)?;
        cursor.end()?;
        Ok(out.into())
    }
}

/// Fails unless the path ends in a field.
fn named(path: &Path, word: &str) -> Result<(), String> {
    match path.steps().last() {
        Some(Step::Field(_)) => Ok(()),
        _ => Err(format!("`{path}` ends in no field that `{word}` could take; write it with one: `items[].price`")),
    }
}

#[cfg(test)]
mod tests;
