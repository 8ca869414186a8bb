//! The gateway's keys: the one that signs, those that still verify, and what refresh tokens are made with.
//!
//! All of them come from one file of Ed25519 private keys in PEM (`openssl genpkey -algorithm ed25519` makes one). The
//! first key signs; the others are previous keys, which go on verifying and stay in the JWKS until they are removed from
//! the file. To rotate, put a new key before the old one, restart or reload, and remove the old one after the longest
//! lifetime of an access token. The keys for refresh tokens are derived from the same keys (HKDF-SHA-256), so there is one
//! file to guard and one act of rotation: a session moves to the new key with its next refresh, and a session that has not
//! been refreshed when the old key goes has to log in again.

mod file;

use aws_lc_rs::encoding::AsBigEndian as _;
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use jsonwebtoken::crypto::{self, CryptoProvider, aws_lc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::json;

pub use file::KeyFileError;
pub(crate) use file::load;

/// The only algorithm of an access token.
const ALGORITHM: Algorithm = Algorithm::EdDSA;
/// Characters of a refresh key's id.
pub(crate) const REFRESH_KEY_ID_LENGTH: usize = 8;

/// Every key of the gateway, read from one file and self-tested.
pub(crate) struct Keys {
    signing: EncodingKey,
    header: String,
    verifying: Vec<VerifyingKey>,
    refresh: Vec<RefreshKey>,
    jwks: Bytes,
}

struct VerifyingKey {
    kid: String,
    public: String,
    key: DecodingKey,
}

/// What makes the successors of refresh tokens.
pub(crate) struct RefreshKey {
    pub(crate) id: String,
    pub(crate) hmac: hmac::Key,
}

/// Why keys that could be read cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyMistake {
    /// Nothing between `BEGIN PRIVATE KEY` and `END PRIVATE KEY`.
    #[error("it holds no private key in PEM")]
    Empty,
    /// A block that is not PEM.
    #[error("it is not PEM: a private key in it is not base64")]
    NotPem,
    /// A key of another kind.
    #[error("a private key in it is not an Ed25519 key in PKCS#8")]
    NotEd25519,
    /// The same key twice.
    #[error("it holds the same key twice")]
    Twice,
    /// A signature made with the first key does not verify.
    #[error("the signing key does not verify its own signature")]
    SelfTest,
}

impl Keys {
    /// Reads every private key of a PEM text; the first one signs.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, KeyMistake> {
        // Says which backend is meant where a build may contain several; a second call changes nothing.
        let _ = CryptoProvider::install_default(&aws_lc::DEFAULT_PROVIDER);
        let pairs = file::private_keys(pem)?;
        let first = pairs.first().ok_or(KeyMistake::Empty)?;
        let mut verifying: Vec<VerifyingKey> = Vec::with_capacity(pairs.len());
        let mut refresh = Vec::with_capacity(pairs.len());
        for der in &pairs {
            let pair = Ed25519KeyPair::from_pkcs8(der).map_err(|_| KeyMistake::NotEd25519)?;
            let public = pair.public_key().as_ref();
            let next = VerifyingKey::new(public);
            if verifying.iter().any(|known| known.kid == next.kid) {
                return Err(KeyMistake::Twice);
            }
            verifying.push(next);
            refresh.push(RefreshKey::derive(&pair)?);
        }
        let kid = verifying.first().map(|key| key.kid.clone()).ok_or(KeyMistake::Empty)?;
        let header = json!({"typ": super::token::TYPE, "alg": "EdDSA", "kid": kid}).to_string();
        let keys = Self {
            signing: EncodingKey::from_ed_der(first),
            header: URL_SAFE_NO_PAD.encode(header),
            jwks: jwks(&verifying),
            verifying,
            refresh,
        };
        keys.self_test()?;
        Ok(keys)
    }

    /// A wrong backend or a broken key must be found at start, not at the first login.
    fn self_test(&self) -> Result<(), KeyMistake> {
        let kid = self.verifying.first().map_or("", |key| &key.kid);
        let token = self.sign("{}").map_err(|_| KeyMistake::SelfTest)?;
        let (message, signature) = token.rsplit_once('.').ok_or(KeyMistake::SelfTest)?;
        let other = format!("{message}x");
        let right = self.verifies(kid, message, signature) && !self.verifies(kid, &other, signature);
        if right { Ok(()) } else { Err(KeyMistake::SelfTest) }
    }

    /// The compact form of a signed token with these claims, which are JSON.
    pub(crate) fn sign(&self, claims: &str) -> Result<String, jsonwebtoken::errors::Error> {
        let mut token = String::with_capacity(self.header.len() + claims.len() * 2 + 96);
        token.push_str(&self.header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = crypto::sign(token.as_bytes(), &self.signing, ALGORITHM)?;
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }

    /// Whether a key of this id is known.
    pub(crate) fn knows(&self, kid: &str) -> bool {
        self.verifying.iter().any(|key| key.kid == kid)
    }

    /// Whether the key of this id made this signature, with the one algorithm that the key has.
    pub(crate) fn verifies(&self, kid: &str, message: &str, signature: &str) -> bool {
        let Some(key) = self.verifying.iter().find(|key| key.kid == kid) else { return false };
        crypto::verify(signature, message.as_bytes(), &key.key, ALGORITHM).unwrap_or(false)
    }

    /// The key with which new refresh tokens are labelled.
    pub(crate) fn current_refresh(&self) -> Option<&RefreshKey> {
        self.refresh.first()
    }

    /// The refresh key of this id.
    pub(crate) fn refresh(&self, id: &str) -> Option<&RefreshKey> {
        self.refresh.iter().find(|key| key.id == id)
    }

    /// The JWK set: every public key, the signing one first.
    pub(crate) fn jwks(&self) -> Bytes {
        self.jwks.clone()
    }
}

impl VerifyingKey {
    /// The key id is the key's RFC 7638 thumbprint: it follows from the key, so it cannot be assigned wrongly.
    fn new(public: &[u8]) -> Self {
        let x = URL_SAFE_NO_PAD.encode(public);
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let thumbprint = digest::digest(&digest::SHA256, canonical.as_bytes());
        Self { kid: URL_SAFE_NO_PAD.encode(thumbprint), public: x, key: DecodingKey::from_ed_der(public) }
    }
}

impl RefreshKey {
    fn derive(pair: &Ed25519KeyPair) -> Result<Self, KeyMistake> {
        let seed = pair.seed().map_err(|_| KeyMistake::NotEd25519)?;
        let seed = seed.as_be_bytes().map_err(|_| KeyMistake::NotEd25519)?;
        let material = Salt::new(HKDF_SHA256, b"agora refresh tokens v1").extract(seed.as_ref());
        let expand = |label: &[u8]| {
            let mut out = [0; 32];
            let label = [label];
            let key = material.expand(&label, HKDF_SHA256).map_err(|_| KeyMistake::NotEd25519)?;
            key.fill(&mut out).map_err(|_| KeyMistake::NotEd25519)?;
            Ok::<_, KeyMistake>(out)
        };
        let mut id = URL_SAFE_NO_PAD.encode(expand(b"id")?);
        id.truncate(REFRESH_KEY_ID_LENGTH);
        Ok(Self { id, hmac: hmac::Key::new(hmac::HMAC_SHA256, &expand(b"successor")?) })
    }
}

fn jwks(keys: &[VerifyingKey]) -> Bytes {
    let keys: Vec<_> = keys
        .iter()
        .map(|key| json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.kid, "x": key.public}))
        .collect();
    Bytes::from(json!({ "keys": keys }).to_string())
}

#[cfg(test)]
#[path = "keys/tests.rs"]
pub(crate) mod tests;
