//! The free texts of a profile: trimmed, of limited length, without control characters.

use service::text::{self, Lines};

use super::Mistake;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident $length:expr, $lines:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub(crate) struct $name(String);

        impl $name {
            pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
                text::parse(text, $length, Lines::$lines).map(Self)
            }

            pub(crate) fn into_inner(self) -> String {
                self.0
            }
        }
    )*};
}

texts! {
    /// How an account is called on pages.
    DisplayName 1..=80, One;
    /// A first or a last name.
    Name 0..=80, One;
    /// What somebody says about themselves, in lines.
    Description 0..=500, Many;
    /// What somebody is up to.
    Status 0..=100, One;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters_after_trimming() {
        assert!(DisplayName::parse(&format!(" {} ", "ü".repeat(80))).is_ok());
        assert!(DisplayName::parse(&"ü".repeat(81)).is_err());
        assert!(DisplayName::parse("  ").is_err());
        assert!(Name::parse("").is_ok());
    }

    #[test]
    fn only_a_description_has_lines() {
        assert!(Description::parse("a\nb").is_ok());
        assert!(Description::parse("a\0b").is_err());
        assert!(Status::parse("a\nb").is_err());
    }
}
