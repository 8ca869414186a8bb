//! What a route or a part makes of an answer: `response`, `rename`, `pick`, `omit`.

use super::super::read::{At, Mark, Section, Value};
use transform::Path;

/// Paths, each with the new name of its last field.
type Renames = Vec<(At<Path>, At<String>)>;

/// The shaping keys as the file has them.
#[derive(Debug, Default)]
pub(crate) struct ShapeDraft {
    pub(crate) response: Option<At<String>>,
    pub(crate) rename: Option<At<Renames>>,
    pub(crate) pick: Option<At<Vec<At<Path>>>>,
    pub(crate) omit: Option<At<Vec<At<Path>>>>,
}

impl ShapeDraft {
    /// Where it is said that something is made of the answer, if it is.
    pub(crate) fn place(&self) -> Option<&Mark> {
        let lists = || [&self.pick, &self.omit].into_iter().flatten().map(|at| &at.mark);
        let first = self.response.as_ref().map(|at| &at.mark).or(self.rename.as_ref().map(|at| &at.mark));
        first.or(lists().next())
    }

    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            response: section.optional("response", Value::text),
            rename: section.optional("rename", renames),
            pick: section.optional("pick", paths),
            omit: section.optional("omit", paths),
        }
    }
}

const NOTHING: &str = "This names no field; name some, or leave it out.";

fn paths(value: Value<'_>) -> Option<Vec<At<Path>>> {
    if value.is_empty() {
        return value.refuse(NOTHING);
    }
    value.list(|value| value.parsed(path))
}

fn renames(value: Value<'_>) -> Option<Renames> {
    let section = value.section()?;
    if section.is_empty() {
        section.refuse(NOTHING);
        return None;
    }
    let mut renames = Vec::new();
    let (mistakes, entries) = (section.mistakes(), section.into_entries());
    for (name, to) in entries {
        match path(&name.value) {
            Ok(path) => renames.push((At::new(path, name.mark), to)),
            Err(reason) => mistakes.blame(&name.mark, format!("{reason}.")),
        }
    }
    Some(renames)
}

/// A path as the keys of a table and the lists have it: the dot in front may be left out.
pub(super) fn path(text: &str) -> Result<Path, String> {
    if text.starts_with('.') { Path::parse(text) } else { Path::parse(&format!(".{text}")) }
}
