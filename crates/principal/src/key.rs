//! The deployment's secret and the keys derived from it, one per (issuer, audience).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretBox, SecretString};

const KEY_BYTES: usize = 32;
const MIN_SECRET_CHARS: usize = 32;
const SALT: &[u8] = b"agora internal assertion v1";

/// A key that cannot be used, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyMistake {
    /// The deployment's secret is shorter than 32 characters.
    #[error("the internal key has fewer than 32 characters; make one with `openssl rand -base64 48`")]
    TooShort,
    /// The text is not what [`AssertionKey::to_text`] writes.
    #[error("an assertion key is 43 characters of base64url, as `gateway keys derive SERVICE` prints it")]
    NotAKey,
}

/// The deployment's one secret (`AGORA_INTERNAL_KEY`), from which every assertion key is derived.
pub struct InternalKey(SecretString);

impl InternalKey {
    /// Takes the secret that an operator chose.
    ///
    /// # Errors
    /// [`KeyMistake::TooShort`] below 32 characters.
    pub fn from_secret(secret: &SecretString) -> Result<Self, KeyMistake> {
        let trimmed = secret.expose_secret().trim();
        if trimmed.chars().count() < MIN_SECRET_CHARS {
            return Err(KeyMistake::TooShort);
        }
        Ok(Self(SecretString::from(trimmed.to_owned())))
    }

    /// A new secret, for a deployment that is one process and needs to agree with nobody.
    pub fn random() -> Self {
        let mut bytes = [0; KEY_BYTES];
        // The generator reports no failure that lasts; a key made of anything but its output must not exist.
        while rand::fill(&mut bytes).is_err() {
            std::thread::yield_now();
        }
        Self(SecretString::from(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The key with which `issuer` speaks to `audience`: HKDF-SHA-256 over the secret.
    pub fn derive(&self, issuer: &str, audience: &str) -> AssertionKey {
        let secret = self.0.expose_secret().as_bytes();
        AssertionKey::from_bytes(hkdf(SALT, secret, issuer, audience))
    }
}

impl fmt::Debug for InternalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InternalKey(..)")
    }
}

/// RFC 5869 for one block of output, which is all that a 32-byte key needs: extract, then `T(1)`.
/// The names are length-prefixed, so no two pairs of names share their `info`.
fn hkdf(salt: &[u8], secret: &[u8], issuer: &str, audience: &str) -> [u8; KEY_BYTES] {
    let extracted = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, salt), secret);
    let mut expand = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, extracted.as_ref()));
    expand.update(&info(issuer, audience));
    expand.update(&[1]);
    let mut key = [0; KEY_BYTES];
    key.copy_from_slice(expand.sign().as_ref());
    key
}

fn info(issuer: &str, audience: &str) -> Vec<u8> {
    let mut info = Vec::with_capacity(issuer.len() + audience.len() + 16);
    for name in [issuer, audience] {
        info.extend_from_slice(&(name.len() as u64).to_be_bytes());
        info.extend_from_slice(name.as_bytes());
    }
    info
}

/// The key of one (issuer, audience) pair.
#[derive(Clone)]
pub struct AssertionKey(Arc<SecretBox<[u8; KEY_BYTES]>>);

impl AssertionKey {
    fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Arc::new(SecretBox::new(Box::new(bytes))))
    }

    /// Reads the text that [`to_text`](Self::to_text) wrote; only its one canonical form is accepted.
    ///
    /// # Errors
    /// [`KeyMistake::NotAKey`] for anything else.
    pub fn from_text(text: &SecretString) -> Result<Self, KeyMistake> {
        URL_SAFE_NO_PAD
            .decode(text.expose_secret().trim())
            .ok()
            .and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes).ok())
            .map(Self::from_bytes)
            .ok_or(KeyMistake::NotAKey)
    }

    /// The key as base64url, to be handed to the one process that needs it.
    pub fn to_text(&self) -> SecretString {
        SecretString::from(URL_SAFE_NO_PAD.encode(self.0.expose_secret()))
    }

    pub(crate) fn hmac(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_secret())
    }
}

impl fmt::Debug for AssertionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssertionKey(..)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};

    const SECRET: &str = "correct horse battery staple, twice over";

    fn internal() -> InternalKey {
        InternalKey::from_secret(&SecretString::from(SECRET)).unwrap()
    }

    fn text(key: &AssertionKey) -> String {
        key.to_text().expose_secret().to_owned()
    }

    #[test]
    fn derivation_is_hkdf_sha_256() {
        let info = info("gateway", "users");
        let mut expected = [0; KEY_BYTES];
        Salt::new(HKDF_SHA256, SALT)
            .extract(SECRET.as_bytes())
            .expand(&[&info], HKDF_SHA256)
            .unwrap()
            .fill(&mut expected)
            .unwrap();
        assert_eq!(text(&internal().derive("gateway", "users")), URL_SAFE_NO_PAD.encode(expected));
    }

    #[test]
    fn every_pair_has_a_key_of_its_own_and_the_same_one_again() {
        let keys =
            [("gateway", "users"), ("gateway", "posts"), ("feed", "users"), ("users", "gateway"), ("gatewayu", "sers")]
                .map(|(issuer, audience)| text(&internal().derive(issuer, audience)));
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert_eq!(keys[0], text(&internal().derive("gateway", "users")));
    }

    #[test]
    fn a_short_secret_is_refused_and_blanks_around_it_do_not_count() {
        let padded = SecretString::from(format!("{:<64}", "short"));
        assert_eq!(InternalKey::from_secret(&padded).unwrap_err(), KeyMistake::TooShort);
        let with_newline = SecretString::from(format!("{SECRET}\n"));
        let same = InternalKey::from_secret(&with_newline).unwrap();
        assert_eq!(text(&same.derive("a", "b")), text(&internal().derive("a", "b")));
    }

    #[test]
    fn a_key_survives_being_written_as_text_and_other_text_is_refused() {
        let key = internal().derive("gateway", "users");
        let again = AssertionKey::from_text(&key.to_text()).unwrap();
        assert_eq!(text(&again), text(&key));
        let padded = format!("{}=", text(&key));
        let longer = format!("{}A", text(&key));
        for bad in ["", "AAAA", SECRET, &padded, &longer] {
            let refused = AssertionKey::from_text(&SecretString::from(bad.to_owned()));
            assert_eq!(refused.unwrap_err(), KeyMistake::NotAKey, "{bad:?}");
        }
    }

    #[test]
    fn no_key_shows_in_debug_output() {
        assert_eq!(format!("{:?}", internal()), "InternalKey(..)");
        assert_eq!(format!("{:?}", internal().derive("a", "b")), "AssertionKey(..)");
    }

    #[test]
    fn two_random_keys_differ() {
        let [one, two] = [InternalKey::random(), InternalKey::random()].map(|key| text(&key.derive("a", "b")));
        assert_ne!(one, two);
    }
}
