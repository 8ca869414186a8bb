//! One broken convention.

use std::fmt;

/// Where it is, and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) sentence: String,
}

impl Finding {
    /// About a whole file or crate.
    pub(crate) fn about(path: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { path: path.into(), line: 1, sentence: sentence.into() }
    }

    /// About one line, counted from 1.
    pub(crate) fn at(path: impl Into<String>, line: usize, sentence: impl Into<String>) -> Self {
        Self { path: path.into(), line, sentence: sentence.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.sentence)
    }
}
