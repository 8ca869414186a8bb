//! Programs that only put plain paths and literals into objects run on the raw text of the document.
//!
//! The result is jaq's. What is not looked into is copied as it is spelled; a name that occurs twice in an object means
//! its last value, as in jaq.

mod derive;
mod plan;

use bytes::Bytes;

use super::Path;
pub(super) use derive::derive;
pub(super) use plan::Plan;

/// What a program builds, if it only builds objects with constant keys, and arrays by `map`, from plain paths and
/// literals. A schema of its answer can be derived from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// The value at this path; null if it is missing.
    Path(Path),
    /// This JSON text.
    Literal(Bytes),
    /// An object of these fields, in this order; no name occurs twice.
    Object(Vec<(Box<str>, Self)>),
    /// An array: for each item of the array (or value of the object) at the path one form, whose paths begin there.
    Map(Path, Box<Self>),
}

impl Form {
    /// Whether it fails when the document cannot be looked into.
    fn reads(&self) -> bool {
        match self {
            Self::Path(_) | Self::Map(..) => true,
            Self::Literal(_) => false,
            Self::Object(fields) => fields.iter().any(|(_, field)| field.reads()),
        }
    }
}

#[cfg(test)]
mod tests;
