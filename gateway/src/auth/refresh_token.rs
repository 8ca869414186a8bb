//! The refresh token: `<key id>.<256 bits>`, both in base64url.
//!
//! A family starts with random bits. The successor of a token is HMAC-SHA-256 under the key that the token names, so the same
//! token always has the same successor, and none has to be stored: two tabs that refresh at once get the same answer. The key id
//! is a label and not part of the value, so a successor may carry the label of a newer key and still be the same token to users,
//! which knows SHA-256 of the value only.

use aws_lc_rs::{digest, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::{Keys, REFRESH_KEY_ID_LENGTH};

const VALUE_BYTES: usize = 32;

/// A well-formed refresh token whose key is known. It has no `Debug`: it is a secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    key_id: String,
    value: [u8; VALUE_BYTES],
}

impl RefreshToken {
    /// The first token of a new family; `None` if no randomness can be had.
    pub(crate) fn first(keys: &Keys) -> Option<Self> {
        let mut value = [0; VALUE_BYTES];
        rand::fill(&mut value).ok()?;
        Some(Self { key_id: keys.current_refresh()?.id.clone(), value })
    }

    /// Reads a token that a client presents; only its one canonical spelling, and only under a known key.
    pub(crate) fn parse(text: &str, keys: &Keys) -> Option<Self> {
        let (key_id, value) = text.split_once('.')?;
        if key_id.len() != REFRESH_KEY_ID_LENGTH {
            return None;
        }
        let value = URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok()?;
        Some(Self { key_id: keys.refresh(key_id)?.id.clone(), value })
    }

    /// The token that replaces this one, always the same.
    pub(crate) fn successor(&self, keys: &Keys) -> Option<Self> {
        let key = keys.refresh(&self.key_id)?;
        let mut value = [0; VALUE_BYTES];
        value.copy_from_slice(hmac::sign(&key.hmac, &self.value).as_ref());
        Some(Self { key_id: keys.current_refresh()?.id.clone(), value })
    }

    /// What users knows of the token: lower-case hex of SHA-256 of its value.
    pub(crate) fn hash(&self) -> String {
        let digest = digest::digest(&digest::SHA256, &self.value);
        digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The text that the client keeps.
    pub(crate) fn to_text(&self) -> String {
        format!("{}.{}", self.key_id, URL_SAFE_NO_PAD.encode(self.value))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::auth::keys::tests::{OTHER_PEM, PEM};

    fn keys() -> Keys {
        Keys::from_pem(PEM).unwrap()
    }

    #[test]
    fn a_successor_is_the_same_every_time_and_in_every_process() {
        let token = RefreshToken::first(&keys()).unwrap();
        let again = RefreshToken::parse(&token.to_text(), &keys()).unwrap();
        let one = token.successor(&keys()).unwrap();
        assert!(one == again.successor(&keys()).unwrap());
        assert_ne!(one.hash(), token.hash());
        assert_ne!(one.successor(&keys()).unwrap().hash(), one.hash());
    }

    #[test]
    fn two_families_have_nothing_in_common() {
        let [one, two] = [(); 2].map(|()| RefreshToken::first(&keys()).unwrap());
        assert_ne!(one.hash(), two.hash());
        assert_ne!(one.successor(&keys()).unwrap().hash(), two.successor(&keys()).unwrap().hash());
    }

    #[test]
    fn a_new_key_changes_the_label_and_not_the_successor() {
        let token = RefreshToken::first(&keys()).unwrap();
        let rotated = Keys::from_pem(&format!("{OTHER_PEM}{PEM}")).unwrap();
        let before = token.successor(&keys()).unwrap();
        let after = RefreshToken::parse(&token.to_text(), &rotated).unwrap().successor(&rotated).unwrap();
        assert_eq!(before.hash(), after.hash());
        assert_ne!(before.to_text(), after.to_text());
    }

    #[test]
    fn only_the_canonical_spelling_under_a_known_key_is_read() {
        let text = RefreshToken::first(&keys()).unwrap().to_text();
        assert!(RefreshToken::parse(&text, &keys()).is_some());
        assert!(RefreshToken::parse(&text, &Keys::from_pem(OTHER_PEM).unwrap()).is_none());
        let (id, value) = text.split_once('.').unwrap();
        let stray = |stray: char| format!("{id}.{}{stray}", &value[..value.len() - 1]);
        for bad in [String::new(), id.into(), value.into(), format!("{text}="), format!("{text}A"), format!(" {text}")]
        {
            assert!(RefreshToken::parse(&bad, &keys()).is_none(), "{bad}");
        }
        // 32 bytes are 43 characters, whose last one has two bits that have to be zero.
        let canonical = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']);
        assert_eq!(canonical.filter(|c| RefreshToken::parse(&stray(*c), &keys()).is_some()).count(), 16);
    }

    #[test]
    fn the_hash_is_sha_256_in_lower_case_hex() {
        let hash = RefreshToken { key_id: String::new(), value: [0; 32] }.hash();
        assert_eq!(hash, "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
    }
}
