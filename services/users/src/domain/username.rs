//! The name of an account in addresses: 3–30 of `[a-z0-9_]` with at least one letter, compared in lower case.

use super::Mistake;

/// Names that are path segments of the public API, or that could be taken for a part of the system.
const RESERVED: [&str; 33] = [
    "admin",
    "api",
    "api_v1",
    "auth",
    "block",
    "config",
    "docs",
    "feed",
    "follow",
    "healthz",
    "livez",
    "login",
    "logout",
    "me",
    "media",
    "null",
    "openapi",
    "postman",
    "posts",
    "problems",
    "readyz",
    "redoc",
    "refresh",
    "register",
    "root",
    "search",
    "system",
    "timeline",
    "token",
    "undefined",
    "user",
    "users",
    "version",
];

/// A username in its one spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Username(String);

impl Username {
    /// Reads a username in any case, to find an account by it.
    pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
        let name = text.to_ascii_lowercase();
        if !(3..=30).contains(&name.chars().count()) {
            let code = if name.len() < 3 { "too_short" } else { "too_long" };
            return Err(Mistake::new(code, "A username has 3 to 30 characters."));
        }
        if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
            return Err(Mistake::new("invalid_characters", "A username has only letters a–z, digits and `_`."));
        }
        if !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return Err(Mistake::new("no_letter", "A username has at least one letter."));
        }
        Ok(Self(name))
    }

    /// Reads a username that a new account asks for.
    pub(crate) fn parse_new(text: &str) -> Result<Self, Mistake> {
        let name = Self::parse(text)?;
        if RESERVED.contains(&name.as_str()) {
            return Err(Mistake::new("reserved", "This username is reserved."));
        }
        Ok(name)
    }

    /// The name of an account that asked for none: `user_` and 8 characters of base32.
    pub(crate) fn generated(random: [u8; 5]) -> Self {
        Self(format!("user_{}", base32(&random)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lower-case base32 (`a`–`z`, `2`–`7`) of whole groups of five bytes.
pub(crate) fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = String::new();
    for group in bytes.chunks_exact(5) {
        let bits = group.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for shift in (0..8).rev() {
            let index = (bits >> (shift * 5)) & 31;
            text.extend(ALPHABET.get(usize::try_from(index).unwrap_or_default()).map(|byte| char::from(*byte)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use problem::Invalid as _;

    use super::*;

    #[test]
    fn a_username_is_read_in_any_case_and_kept_in_lower_case() {
        assert_eq!(Username::parse("Ada_99").map(|name| name.0), Ok("ada_99".to_owned()));
    }

    #[test]
    fn what_breaks_the_rule_is_refused_by_its_own_code() {
        for (text, code) in [
            ("ab", "too_short"),
            ("", "too_short"),
            ("a234567890123456789012345678901", "too_long"),
            ("a-b", "invalid_characters"),
            ("ada lovelace", "invalid_characters"),
            ("\u{212A}elvin", "invalid_characters"),
            ("123_4", "no_letter"),
        ] {
            assert_eq!(
                Username::parse(text).map_err(|mistake| mistake.code().to_owned()),
                Err(code.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn names_of_the_api_are_reserved_in_any_case() {
        for text in ["me", "ADMIN", "users", "version"] {
            assert!(Username::parse_new(text).is_err(), "{text}");
        }
        assert!(Username::parse_new("meander").is_ok());
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn a_generated_name_follows_the_rule() {
        let name = Username::generated([0, 0, 0, 0, 31]);
        assert_eq!(name.as_str(), "user_aaaaaaa7");
        assert!(Username::parse_new(name.as_str()).is_ok());
    }
}
