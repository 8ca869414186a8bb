//! How closely a route holds the answers of its operation to their contract.

use std::fmt;

use super::super::read::one_of;

/// What happens to an answer that is not as its contract says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContractMode {
    /// Nobody looks.
    #[default]
    Off,
    /// A few answers are inspected, beside the data plane; what is wrong is counted and logged.
    Sample,
    /// Every answer is inspected, beside the data plane; what is wrong is counted and logged.
    Warn,
    /// Every answer is inspected before it is sent; what is wrong is never sent.
    Enforce,
}

impl ContractMode {
    const WORDS: [(&'static str, Self); 4] =
        [("off", Self::Off), ("sample", Self::Sample), ("warn", Self::Warn), ("enforce", Self::Enforce)];

    pub(in crate::plan) fn parse(text: &str) -> Result<Self, String> {
        let found = Self::WORDS.iter().find(|(word, _)| *word == text);
        found.map(|(_, mode)| *mode).ok_or_else(|| {
            let hint = one_of(text, &Self::WORDS.map(|(word, _)| word));
            format!("`{text}` is no way to hold answers to their contract{hint}")
        })
    }

    /// What it does, for a person.
    pub(in crate::plan) fn explained(self) -> &'static str {
        match self {
            Self::Off => "off: answers are not inspected",
            Self::Sample => "sample: one answer in 100 is inspected; what is wrong is counted and logged",
            Self::Warn => "warn: every answer is inspected; what is wrong is counted and logged",
            Self::Enforce => "enforce: 502 contract_violation instead of an answer that is wrong or larger than 1MiB",
        }
    }
}

impl fmt::Display for ContractMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(_, mode)| mode == self).map_or("off", |(word, _)| word);
        f.write_str(word)
    }
}
