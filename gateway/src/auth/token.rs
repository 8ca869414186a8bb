//! The access token: what is in it, and how one is issued.

use principal::Principal;
use serde::{Deserialize, Serialize};

use super::keys::Keys;

/// The `typ` of an access token (RFC 9068).
pub(crate) const TYPE: &str = "at+jwt";

/// The claims of an access token. Every one of them is required, with exactly this JSON type.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) aud: String,
    pub(crate) sub: String,
    pub(crate) sid: String,
    pub(crate) roles: Vec<String>,
    pub(crate) iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    /// The time that a revocation is compared with: `iat` is too coarse to tell a token that was issued after it.
    pub(crate) iat_ms: i64,
}

/// A verified access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// Who its bearer is.
    pub principal: Principal,
    /// The moment it speaks for, in milliseconds since the epoch.
    pub issued_at_ms: i64,
    /// When it ends, in seconds since the epoch.
    pub expires_at: i64,
}

/// Whom a token is issued to, and for which moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grant<'a> {
    pub(crate) sub: i64,
    pub(crate) sid: &'a str,
    pub(crate) roles: &'a [String],
    /// The moment at which users found the session to be good, by users' clock, which also dates revocations: one that comes
    /// later catches the token, even if it comes before the token is signed.
    pub(crate) as_of_ms: i64,
}

/// Issues access tokens.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) ttl_seconds: i64,
}

impl Issuer {
    pub(crate) fn issue(
        &self,
        keys: &Keys,
        grant: Grant<'_>,
        now_ms: i64,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let now = now_ms.div_euclid(1000);
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: grant.sub.to_string(),
            sid: grant.sid.to_owned(),
            roles: grant.roles.to_vec(),
            iat: now,
            nbf: now,
            exp: now.saturating_add(self.ttl_seconds),
            iat_ms: grant.as_of_ms,
        };
        keys.sign(&serde_json::to_string(&claims)?)
    }
}
