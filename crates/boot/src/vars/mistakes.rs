//! What was wrong with a configuration, all of it.

use std::{error::Error, fmt};

/// One or more mistakes, each a sentence. Printed one per line.
#[derive(Debug)]
pub struct Mistakes(Vec<String>);

impl Mistakes {
    /// Ok if there is no mistake.
    pub fn from_sentences(sentences: Vec<String>) -> Result<(), Self> {
        if sentences.is_empty() { Ok(()) } else { Err(Self(sentences)) }
    }

    /// How many there are; never none.
    #[allow(clippy::len_without_is_empty, reason = "there is always at least one")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Each mistake.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.join("\n"))
    }
}

impl Error for Mistakes {}
