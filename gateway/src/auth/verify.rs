//! Strict verification of access tokens.
//!
//! A token is `header.claims.signature`, each part canonical base64url. The header has exactly `alg`, `typ` and `kid`: with
//! no place for `jku`, `jwk`, `x5u` or `crit` there is nothing in a token that could choose a key or a rule. The `kid` names
//! one of our keys, and the key has one algorithm. Claims are looked at only after the signature has verified.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use principal::Principal;
use serde::Deserialize;

use super::keys::Keys;
use super::token::{AccessToken, Claims, TYPE};

/// By how many seconds clocks may differ.
pub(crate) const LEEWAY_SECONDS: i64 = 5;
/// The longest token that is looked at.
pub(crate) const MAX_BYTES: usize = 4096;

/// Why a token was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// Longer than any token of ours.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of canonical base64url, or not the JSON that belongs there.
    #[error("the token is malformed")]
    Malformed,
    /// The header is not that of an access token of ours.
    #[error("the token's header is not that of an access token")]
    Header,
    /// No key of this id.
    #[error("the token's key is not known")]
    UnknownKey,
    /// The signature is not that of the key.
    #[error("the token's signature is wrong")]
    Signature,
    /// A claim is missing, of the wrong type, or has the wrong value.
    #[error("the token's claims are not those of an access token for this API")]
    Claims,
    /// It is valid later.
    #[error("the token is not valid yet")]
    NotYet,
    /// Everything is right, but its time is over.
    #[error("the access token has expired")]
    Expired,
    /// Everything is right, but its session was ended.
    #[error("the session of this access token has ended")]
    Revoked,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// What a token has to say besides being signed.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) issuer: String,
    pub(crate) audience: String,
}

impl Expected {
    /// The token's content, if every rule holds at `now_ms`. Revocations are not looked at here.
    pub(crate) fn verify(&self, keys: &Keys, token: &str, now_ms: i64) -> Result<Verified, TokenError> {
        let (header, claims) = open(keys, token)?;
        let now = now_ms.div_euclid(1000);
        self.check(&claims, now)?;
        let access = AccessToken {
            principal: Principal { sub: Some(claims.sub), sid: Some(claims.sid), roles: claims.roles },
            issued_at_ms: claims.iat_ms,
            expires_at: claims.exp,
        };
        Ok(Verified { access, kid: header.kid, iat: claims.iat })
    }

    fn check(&self, claims: &Claims, now: i64) -> Result<(), TokenError> {
        let right = claims.iss == self.issuer
            && claims.aud == self.audience
            && !claims.sub.is_empty()
            && !claims.sid.is_empty()
            && claims.iat <= claims.exp;
        if !right {
            return Err(TokenError::Claims);
        }
        let latest = now.saturating_add(LEEWAY_SECONDS);
        if claims.nbf > latest || claims.iat > latest {
            return Err(TokenError::NotYet);
        }
        if is_over(claims.exp, now) { Err(TokenError::Expired) } else { Ok(()) }
    }
}

/// A token that verified.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) access: AccessToken,
    pub(crate) kid: String,
    pub(crate) iat: i64,
}

/// Whether a token that ends at `expires_at` is over at `now`, both in seconds.
pub(crate) fn is_over(expires_at: i64, now: i64) -> bool {
    expires_at.saturating_add(LEEWAY_SECONDS) <= now
}

/// Header and claims of a token whose signature is right.
fn open(keys: &Keys, token: &str) -> Result<(Header, Claims), TokenError> {
    if token.len() > MAX_BYTES {
        return Err(TokenError::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (header, claims) = message.split_once('.').ok_or(TokenError::Malformed)?;
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Header)?;
    if header.alg != "EdDSA" || header.typ != TYPE {
        return Err(TokenError::Header);
    }
    if !keys.knows(&header.kid) {
        return Err(TokenError::UnknownKey);
    }
    let claims = decode(claims)?;
    decode(signature)?;
    if !keys.verifies(&header.kid, message, signature) {
        return Err(TokenError::Signature);
    }
    let claims = serde_json::from_slice(&claims).map_err(|_| TokenError::Claims)?;
    Ok((header, claims))
}

/// Canonical only: no padding, no other alphabet, no stray bits in the last character.
fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed)
}

#[cfg(test)]
#[path = "verify/tests.rs"]
mod tests;
