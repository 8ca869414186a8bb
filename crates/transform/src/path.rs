//! Plain paths into a document, as jq writes them: `.items[].author_id`.

use std::fmt;

/// A plain path into a document: fields and `[]` (each item). `.` is the document itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path(Vec<Step>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The field of this name.
    Field(Box<str>),
    /// Each item of an array.
    Each,
}

/// What may follow a dot without quotes: `[A-Za-z_][A-Za-z0-9_]*`.
pub(super) fn is_word(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl Path {
    /// Reads a path as jq writes it; the leading dot may be missing, so that `items[].price` is one too.
    ///
    /// # Errors
    ///
    /// A sentence that says what a path looks like.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "." {
            return Ok(Self::default());
        }
        let mut steps = Vec::new();
        let mut rest = text;
        if !text.starts_with(['.', '[']) {
            rest = field(text, rest, &mut steps)?;
        }
        while !rest.is_empty() {
            rest = if let Some(after) = rest.strip_prefix("[]") {
                steps.push(Step::Each);
                after
            } else if let Some(after) = rest.strip_prefix('.') {
                if after.starts_with("[]") && steps.is_empty() { after } else { field(text, after, &mut steps)? }
            } else {
                return Err(refusal(text));
            };
        }
        if steps.is_empty() { Err(refusal(text)) } else { Ok(Self(steps)) }
    }

    /// The steps from the document inwards.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The path of these steps.
    pub(super) fn of(steps: Vec<Step>) -> Self {
        Self(steps)
    }

    /// This path, and from there `rest`.
    pub(super) fn join(&self, rest: &Self) -> Self {
        Self(self.0.iter().chain(&rest.0).cloned().collect())
    }
}

fn field<'t>(text: &str, rest: &'t str, steps: &mut Vec<Step>) -> Result<&'t str, String> {
    if rest.starts_with('"') {
        let mut names = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        let name = names.next().and_then(Result::ok).ok_or_else(|| refusal(text))?;
        steps.push(Step::Field(name.into()));
        return Ok(rest.get(names.byte_offset()..).unwrap_or_default());
    }
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    if !is_word(name) {
        return Err(refusal(text));
    }
    steps.push(Step::Field(name.into()));
    Ok(after)
}

fn refusal(text: &str) -> String {
    format!("`{text}` is no plain path; one is made of fields and `[]`: `.items[].author_id`, `.\"content-type\"`")
}

impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

/// As jq writes it.
impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !matches!(self.0.first(), Some(Step::Field(_))) {
            out.write_str(".")?;
        }
        for step in &self.0 {
            match step {
                Step::Each => out.write_str("[]")?,
                Step::Field(name) if is_word(name) => write!(out, ".{name}")?,
                Step::Field(name) => write!(out, ".{}", serde_json::Value::from(&**name))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
