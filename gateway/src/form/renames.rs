//! The names of one route's form fields, for its callers and for its operation.

use std::fmt;
use std::sync::Arc;

use super::FormError;

/// Which public name of a form's field stands for which field of the operation. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Renames(Arc<[Rename]>);

#[derive(Debug)]
struct Rename {
    public: Box<str>,
    field: Box<str>,
}

impl Default for Renames {
    fn default() -> Self {
        Self(Arc::new([]))
    }
}

impl<P: Into<Box<str>>, F: Into<Box<str>>> FromIterator<(P, F)> for Renames {
    /// Of public names, each with the operation's field that it stands for.
    fn from_iter<I: IntoIterator<Item = (P, F)>>(pairs: I) -> Self {
        let renames = pairs.into_iter().map(|(public, field)| Rename { public: public.into(), field: field.into() });
        Self(renames.collect())
    }
}

impl fmt::Display for Renames {
    /// `caption → text, picture → image`
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Rename { public, field }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(out, "{separator}{public} → {field}")?;
        }
        Ok(())
    }
}

impl Renames {
    /// The operation's field that a client's name stands for; none if it keeps its name.
    ///
    /// # Errors
    ///
    /// Where the client uses the operation's own name of a field that has a public one: were it taken, a second value
    /// could come in beside the public one, and two names would have to be kept for ever.
    pub(crate) fn field_for(&self, name: &[u8]) -> Result<Option<&str>, FormError> {
        match self.0.iter().find(|rename| rename.public.as_bytes() == name) {
            Some(rename) => Ok(Some(&rename.field)),
            None => self.keeps(name).map(|()| None),
        }
    }

    /// Refuses the operation's own name of a field that has a public one.
    pub(super) fn keeps(&self, name: &[u8]) -> Result<(), FormError> {
        match self.0.iter().find(|rename| rename.field.as_bytes() == name) {
            Some(Rename { public, field }) => {
                Err(FormError::Renamed { field: field.to_string(), public: public.to_string() })
            }
            None => Ok(()),
        }
    }

    /// What callers call a field of the operation.
    pub(crate) fn public_for<'n>(&'n self, field: &'n str) -> &'n str {
        self.0.iter().find(|rename| &*rename.field == field).map_or(field, |rename| &rename.public)
    }
}
