//! Free texts: trimmed, of limited length, without control characters.

use std::{borrow::Cow, fmt, ops::RangeInclusive};

use problem::Invalid;

/// Why a text is not a value of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    code: &'static str,
    message: Cow<'static, str>,
}

impl Mistake {
    /// `code` is for programs, `message` for people.
    pub fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

impl Invalid for Mistake {
    fn code(&self) -> &str {
        self.code
    }
}

/// Whether a text may have more than one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// One.
    One,
    /// Any number, with `\n` between them.
    Many,
}

/// The text without blanks around it, if its length in characters and its lines are allowed.
///
/// # Errors
/// [`Mistake`]: `too_short`, `too_long` or `invalid_characters`.
pub fn parse(text: &str, length: RangeInclusive<usize>, lines: Lines) -> Result<String, Mistake> {
    let text = text.trim();
    let characters = text.chars().count();
    if characters < *length.start() {
        return Err(Mistake::new("too_short", format!("At least {} character.", length.start())));
    }
    if characters > *length.end() {
        return Err(Mistake::new("too_long", format!("At most {} characters.", length.end())));
    }
    if text.chars().any(|letter| letter.is_control() && !(lines == Lines::Many && letter == '\n')) {
        return Err(Mistake::new("invalid_characters", "Control characters are not allowed."));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters_after_trimming() {
        assert_eq!(parse(" \u{fc}\u{fc} ", 1..=2, Lines::One).unwrap(), "\u{fc}\u{fc}");
        assert!(parse("\u{fc}\u{fc}\u{fc}", 1..=2, Lines::One).is_err());
        assert!(parse("  ", 1..=2, Lines::One).is_err());
        assert!(parse("", 0..=2, Lines::One).is_ok());
    }

    #[test]
    fn only_some_texts_have_lines() {
        assert!(parse("a\nb", 0..=9, Lines::Many).is_ok());
        assert!(parse("a\0b", 0..=9, Lines::Many).is_err());
        assert!(parse("a\nb", 0..=9, Lines::One).is_err());
    }
}
