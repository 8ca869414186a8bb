//! A text, taken apart into what it is found by.
//!
//! The same is done with what is stored and with what is looked for, and here rather than in either engine: so both find the same,
//! and nothing that somebody types is ever read as a query language.

use problem::{Code, Problem};

/// A longer word is found by how it begins.
const LONGEST: usize = 50;
/// The most words that are looked for at once; further ones are left out.
const MOST: usize = 20;
/// The most characters of what is looked for.
const MOST_CHARACTERS: usize = 200;

/// The words of a text: letters, digits and `_`, in lower case.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    // Lower case first: some letters become two, one of which is none by itself.
    let words = words.flat_map(|word| {
        let lower = word.to_lowercase();
        let parts = lower.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
        parts.map(|part| part.chars().take(LONGEST).collect::<String>()).collect::<Vec<_>>()
    });
    words.filter(|word| !word.is_empty())
}

/// What is looked for: `q`, if it is short enough, without blanks around it.
pub(crate) fn looked_for(q: Option<&str>) -> Result<String, Problem> {
    let q = q.unwrap_or_default().trim();
    if q.chars().count() > MOST_CHARACTERS {
        let message = format!("At most {MOST_CHARACTERS} characters.");
        return Err(Problem::new(Code::InvalidParameter).with_error("q", "too_long", message));
    }
    Ok(q.to_owned())
}

/// The words of what is looked for.
pub(crate) fn terms(q: &str) -> Vec<String> {
    words(q).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_its_words_in_lower_case() {
        let all = |text| words(text).collect::<Vec<_>>();
        assert_eq!(
            all("Hello, W\u{f6}rld! #snake_case it's 3.14"),
            ["hello", "w\u{f6}rld", "snake_case", "it", "s", "3", "14"]
        );
        assert_eq!(all("\"' OR 1=1 --\u{0}\u{1f600}*^(-)"), ["or", "1", "1"]);
        assert_eq!(all("\u{130}stanbul"), ["i", "stanbul"]);
        assert_eq!(all(""), [""; 0]);
        assert_eq!(all(&"x".repeat(60)), ["x".repeat(50)]);
    }

    #[test]
    fn what_is_looked_for_has_an_end() {
        assert_eq!(looked_for(Some(" a ")).ok(), Some("a".to_owned()));
        assert!(looked_for(Some(&"\u{fc}".repeat(200))).is_ok());
        assert!(looked_for(Some(&"x".repeat(201))).is_err());
        assert_eq!(terms(&"a ".repeat(100)).len(), 20);
    }
}
