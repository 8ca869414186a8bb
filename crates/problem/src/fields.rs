//! Collecting what is wrong with the fields of a body, so that all of it is reported at once.

use std::fmt;

use crate::{Code, FieldError, Problem};

/// Why a value is not acceptable: a sentence (its `Display`) and a stable name.
pub trait Invalid: fmt::Display {
    /// The stable name of the rule that was broken, for example `too_long`.
    fn code(&self) -> &str;
}

/// Collects field errors and becomes one 422 `validation_failed`.
///
/// ```
/// use problem::{Fields, Invalid};
///
/// #[derive(Debug)]
/// struct TooLong;
/// impl std::fmt::Display for TooLong {
///     fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         out.write_str("At most 3 characters.")
///     }
/// }
/// impl Invalid for TooLong {
///     fn code(&self) -> &str { "too_long" }
/// }
///
/// let mut fields = Fields::new();
/// let name: Option<String> = fields.check("/name", Err(TooLong));
/// assert!(name.is_none());
/// assert_eq!(fields.finish().unwrap_err().errors()[0].code, "too_long");
/// ```
#[derive(Debug, Default)]
pub struct Fields(Vec<FieldError>);

impl Fields {
    /// Nothing is wrong yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the error of a value that is not acceptable, or hands the value on.
    pub fn check<T, E: Invalid>(&mut self, pointer: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|error| self.refuse(pointer, error.code(), &error.to_string())).ok()
    }

    /// Records an error.
    pub fn refuse(&mut self, pointer: &str, code: &str, message: &str) {
        let (pointer, code, message) = (pointer.to_owned(), code.to_owned(), message.to_owned());
        self.0.push(FieldError { pointer, code, message });
    }

    /// Nothing was wrong, or one problem with all the errors.
    ///
    /// # Errors
    /// 422 `validation_failed` if anything was refused.
    pub fn finish(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(self.refused()) }
    }

    /// The problem, for a caller who has seen that a value is missing.
    #[must_use]
    pub fn refused(self) -> Problem {
        Problem::new(Code::ValidationFailed).with_errors(self.0)
    }
}

/// The known name that `unknown` was most likely meant to be, if one is near.
#[must_use]
pub fn suggestion<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(unknown, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len().min(unknown.len()) / 4)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::suggestion;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let known = ["username", "password", "email"];
        assert_eq!(suggestion("user_name", known), Some("username"));
        assert_eq!(suggestion("pasword", known), Some("password"));
        assert_eq!(suggestion("colour", known), None);
    }
}
