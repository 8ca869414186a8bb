//! What is to happen, as a tree of the places where it happens.

use std::borrow::Cow;

use crate::cursor::{Cursor, unescape};
use crate::{MAX_OUTPUT, Path, Step, TransformError};

/// What happens to one value, and to those in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    picked: bool,
    /// It is picked, or something in it is.
    kept: bool,
    omitted: bool,
    /// In quotes.
    renamed: Option<Box<str>>,
    /// By name, in quotes and as it is.
    fields: Vec<(Box<[u8]>, Box<str>, Self)>,
    each: Option<Box<Self>>,
}

impl Node {
    /// The whole document: all of it, or only what is picked from it.
    pub(super) fn new(picked: bool) -> Self {
        Self { picked, ..Self::default() }
    }

    /// The place at the end of this path.
    pub(super) fn at(&mut self, path: &Path) -> &mut Self {
        path.steps().iter().fold(self, Self::step)
    }

    fn step(&mut self, step: &Step) -> &mut Self {
        let Step::Field(name) = step else { return self.each.get_or_insert_default() };
        let known = self.fields.iter().position(|(_, known, _)| known == name);
        let index = known.unwrap_or(self.fields.len());
        if known.is_none() {
            let quoted = serde_json::Value::from(&**name).to_string().into_bytes().into_boxed_slice();
            self.fields.push((quoted, name.clone(), Self::default()));
        }
        // It is there: it was found, or has just become the last.
        #[allow(clippy::indexing_slicing, reason = "an index that was found in the same list")]
        &mut self.fields[index].2
    }

    pub(super) fn pick(&mut self) {
        self.picked = true;
    }

    pub(super) fn omit(&mut self) {
        self.omitted = true;
    }

    /// Fails if the place has another name already.
    pub(super) fn rename(&mut self, name: &str) -> Result<(), String> {
        let quoted: Box<str> = serde_json::Value::from(name).to_string().into();
        match self.renamed.replace(quoted) {
            None => Ok(()),
            Some(other) => Err(format!("is renamed twice, to {other} and to \"{name}\"")),
        }
    }

    /// Finds out what is kept, and where two words contradict each other.
    pub(super) fn settle(&mut self, here: &Path) -> Result<(), String> {
        if self.omitted && self.picked {
            return Err(format!("`{here}` is both picked and omitted"));
        }
        self.kept = self.picked;
        if let Some(each) = &mut self.each {
            each.settle(&here.join(&Path::of(vec![Step::Each])))?;
            self.kept |= each.kept;
        }
        for (_, name, field) in &mut self.fields {
            field.settle(&here.join(&Path::of(vec![Step::Field(name.clone())])))?;
            self.kept |= field.kept;
        }
        self.distinct(here)
    }

    /// Fails if two fields that are known by name would have the same.
    fn distinct(&self, here: &Path) -> Result<(), String> {
        let mut taken: Vec<String> = Vec::new();
        for (quoted, _, field) in self.fields.iter().filter(|(_, _, field)| !field.omitted) {
            let own = String::from_utf8_lossy(quoted).into_owned();
            let name = field.renamed.as_deref().map_or(own, str::to_owned);
            if taken.contains(&name) {
                return Err(format!("two fields of `{here}` would be called {name}"));
            }
            taken.push(name);
        }
        Ok(())
    }

    /// Passes over one value and writes what becomes of it; `whole` if it is kept but for what is said in it.
    pub(super) fn write(&self, cursor: &mut Cursor<'_>, whole: bool, out: &mut Vec<u8>) -> Result<(), TransformError> {
        let whole = whole || self.picked;
        match cursor.kind()? {
            b'{' if !self.fields.is_empty() => self.object(cursor, whole, out),
            b'[' if self.each.is_some() => self.array(cursor, whole, out),
            _ => {
                let value = cursor.value()?;
                // What a path leads through and is not what the path says: it was not picked, and its place stays.
                append(out, if whole { value } else { b"null" })
            }
        }
    }

    fn object(&self, cursor: &mut Cursor<'_>, whole: bool, out: &mut Vec<u8>) -> Result<(), TransformError> {
        append(out, b"{")?;
        let from = out.len();
        cursor.fields(|cursor, name| {
            let field = self.field(name);
            let gone = field.map_or(!whole, |field| field.omitted || !(whole || field.kept));
            if gone {
                return Ok(cursor.pass()?);
            }
            if out.len() > from {
                append(out, b",")?;
            }
            append(out, field.and_then(|field| field.renamed.as_deref()).map_or(name, str::as_bytes))?;
            append(out, b":")?;
            match field {
                Some(field) => field.write(cursor, whole, out),
                None => append(out, cursor.value()?),
            }
        })?;
        append(out, b"}")
    }

    fn array(&self, cursor: &mut Cursor<'_>, whole: bool, out: &mut Vec<u8>) -> Result<(), TransformError> {
        append(out, b"[")?;
        let from = out.len();
        cursor.items(|cursor| {
            if out.len() > from {
                append(out, b",")?;
            }
            match &self.each {
                Some(each) => each.write(cursor, whole, out),
                None => append(out, cursor.value()?),
            }
        })?;
        append(out, b"]")
    }

    fn field(&self, name: &[u8]) -> Option<&Self> {
        let quoted = self.fields.iter().find(|(quoted, _, _)| **quoted == *name);
        let found = quoted.or_else(|| match unescape(name) {
            Cow::Owned(name) => self.fields.iter().find(|(_, known, _)| known.as_bytes() == &*name),
            Cow::Borrowed(_) => None,
        });
        found.map(|(_, _, field)| field)
    }
}

fn append(out: &mut Vec<u8>, text: &[u8]) -> Result<(), TransformError> {
    if out.len() + text.len() > MAX_OUTPUT {
        return Err(TransformError::OutputTooLarge);
    }
    out.extend_from_slice(text);
    Ok(())
}
