//! The free texts of a profile: trimmed, of limited length, without control characters.

use super::Mistake;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident $least:literal..=$most:literal lines: $lines:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub(crate) struct $name(String);

        impl $name {
            pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
                parse(text, $least, $most, $lines).map(Self)
            }

            pub(crate) fn into_inner(self) -> String {
                self.0
            }
        }
    )*};
}

texts! {
    /// How an account is called on pages.
    DisplayName 1..=80 lines: false;
    /// A first or a last name.
    Name 0..=80 lines: false;
    /// What somebody says about themselves, in lines.
    Description 0..=500 lines: true;
    /// What somebody is up to.
    Status 0..=100 lines: false;
}

fn parse(text: &str, least: usize, most: usize, lines: bool) -> Result<String, Mistake> {
    let text = text.trim();
    let length = text.chars().count();
    if length < least {
        return Err(Mistake::new("too_short", format!("At least {least} character.")));
    }
    if length > most {
        return Err(Mistake::new("too_long", format!("At most {most} characters.")));
    }
    if text.chars().any(|letter| letter.is_control() && !(lines && letter == '\n')) {
        return Err(Mistake::new("invalid_characters", "Control characters are not allowed."));
    }
    Ok(text.to_owned())
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
