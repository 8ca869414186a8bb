//! What a caller proves itself with, and where it says it comes from.

use secrecy::{ExposeSecret as _, SecretString};

use super::Mistake;

/// A password that a new account or a change may have. Never shown, wiped when dropped.
#[derive(Clone, Debug)]
pub(crate) struct Password(SecretString);

impl Password {
    /// The most characters of a password: argon2 would take more, but no person types them.
    const MOST: usize = 256;

    /// A new password, of at least `least` characters.
    pub(crate) fn parse_new(text: SecretString, least: usize) -> Result<Self, Mistake> {
        let length = text.expose_secret().chars().count();
        if length < least {
            return Err(Mistake::new("too_short", format!("A password has at least {least} characters.")));
        }
        if length > Self::MOST {
            return Err(Mistake::new("too_long", format!("A password has at most {} characters.", Self::MOST)));
        }
        Ok(Self(text))
    }

    /// A password that is only compared.
    pub(crate) fn presented(text: SecretString) -> Self {
        Self(text)
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// SHA-256 of a refresh token, in lower-case hexadecimal. The token itself is never seen here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenHash(String);

impl TokenHash {
    pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if text.len() != 64 || !digits {
            return Err(Mistake::new("invalid_hash", "A token's hash is SHA-256 as 64 lower-case hexadecimal digits."));
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a session is recognised by in a list: usually the browser's name. Shortened rather than refused.
#[derive(Clone, Debug)]
pub(crate) struct Client(String);

impl Client {
    pub(crate) fn shorten(text: &str) -> Self {
        Self(text.trim().chars().filter(|letter| !letter.is_control()).take(200).collect())
    }

    pub(crate) fn into_inner(self) -> String {
        self.0
    }
}
