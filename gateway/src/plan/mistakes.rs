//! What is wrong with a configuration, in the words of the person who has to mend it.

use std::fmt;
use std::sync::Arc;

/// Where something is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceSpan {
    /// The file, as the person names it.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for SourceSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One mistake: where it is, what it is, and the line it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where; the line is 0 where no line can be blamed (a file that cannot be read).
    pub at: SourceSpan,
    /// A sentence about what is wrong, and how to mend it where that is known.
    pub sentence: String,
    /// The text of the line.
    pub line: String,
    /// How many characters are meant, from the column on.
    pub width: usize,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.line == 0 {
            return write!(f, "{}: {}", self.at.file, self.sentence);
        }
        let gutter = self.at.line.to_string();
        let blank = " ".repeat(gutter.len());
        let before: String = self.line.chars().take(self.at.column as usize - 1).collect();
        let indent: String = before.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        writeln!(f, "{}: {}", self.at, self.sentence)?;
        writeln!(f, "{blank} |")?;
        writeln!(f, "{gutter} | {}", self.line)?;
        write!(f, "{blank} | {indent}{}", "^".repeat(self.width.max(1)))
    }
}

/// Every mistake of a configuration, at least one, in the order of files and lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// The mistakes as an error, if there are any: sorted, each once.
    pub(crate) fn refuse(mut mistakes: Vec<Mistake>) -> Result<(), Self> {
        mistakes.sort_by(|a, b| a.at.cmp(&b.at));
        mistakes.dedup();
        if mistakes.is_empty() { Ok(()) } else { Err(Self(mistakes)) }
    }

    /// For a plan that could not be made although nothing was blamed: it has more routes than can be numbered.
    pub(crate) fn unexplained() -> Self {
        let at = SourceSpan { file: "gateway.toml".into(), line: 0, column: 0 };
        let sentence = "No plan can be made of this configuration.".to_owned();
        Self(vec![Mistake { at, sentence, line: String::new(), width: 0 }])
    }

    /// Each mistake.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for mistake in &self.0 {
            writeln!(f, "{mistake}\n")?;
        }
        match self.0.len() {
            1 => f.write_str("1 mistake in the configuration"),
            count => write!(f, "{count} mistakes in the configuration"),
        }
    }
}

impl std::error::Error for Mistakes {}
