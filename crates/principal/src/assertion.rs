//! The assertion itself: `v1.<claims>.<mac>`, both parts in canonical base64url.
//!
//! `<claims>` is a JSON object of exactly `aud`, `sub`, `sid`, `roles`, `iat` and `exp`; `<mac>` is HMAC-SHA-256 over
//! everything before the last dot.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::json;

use crate::{ASSERTION, AssertionKey, Principal};

/// How long an assertion is valid.
pub const VALIDITY_SECONDS: i64 = 60;
/// By how much the clocks of two processes may differ.
pub const LEEWAY_SECONDS: i64 = 5;

const VERSION: &str = "v1";
const MAX_BYTES: usize = 8 * 1024;

/// Why an assertion was not believed. For the log: the caller is told no more than 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No assertion header.
    #[error("the request carries no assertion")]
    Missing,
    /// More than one assertion header.
    #[error("the request carries more than one assertion")]
    Several,
    /// Not of the form `v1.<claims>.<mac>`, or too large.
    #[error("the assertion is malformed")]
    Malformed,
    /// No known issuer's key made this MAC.
    #[error("the assertion was not made with a key that is known here")]
    Forged,
    /// Made for another service.
    #[error("the assertion is for another audience")]
    Audience,
    /// No longer valid.
    #[error("the assertion has expired")]
    Expired,
    /// Not valid yet, or valid for longer than assertions are.
    #[error("the assertion's validity is not plausible")]
    Implausible,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    aud: String,
    sub: Option<String>,
    sid: Option<String>,
    roles: Vec<String>,
    iat: i64,
    exp: i64,
}

/// Makes assertions from one issuer to one audience.
pub struct Signer {
    issuer: String,
    audience: String,
    key: hmac::Key,
}

impl Signer {
    /// `key` is the deployment's key for exactly this issuer and audience.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>, key: AssertionKey) -> Self {
        Self { issuer: issuer.into(), audience: audience.into(), key: key.hmac() }
    }

    /// The service that this signer speaks for.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The service that this signer speaks to.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The header value that tells the audience who the caller is, valid for [`VALIDITY_SECONDS`] from `now`.
    pub fn assert(&self, caller: &Principal, now_epoch_seconds: i64) -> HeaderValue {
        let claims = json!({
            "aud": self.audience,
            "sub": caller.sub,
            "sid": caller.sid,
            "roles": caller.roles,
            "iat": now_epoch_seconds,
            "exp": now_epoch_seconds.saturating_add(VALIDITY_SECONDS),
        });
        let mut text = format!("{VERSION}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mac = hmac::sign(&self.key, text.as_bytes());
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(mac.as_ref(), &mut text);
        // Base64url and dots are always a header value; were they not, an empty assertion is one that nobody believes.
        let mut value = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}

/// Verifies assertions made for one audience.
pub struct Verifier {
    audience: String,
    issuers: Vec<(String, hmac::Key)>,
}

impl Verifier {
    /// Believes these issuers. One issuer may be named twice, with its old and its new key, while a secret is replaced.
    pub fn new(audience: impl Into<String>, issuers: Vec<(String, AssertionKey)>) -> Self {
        Self {
            audience: audience.into(),
            issuers: issuers.into_iter().map(|(issuer, key)| (issuer, key.hmac())).collect(),
        }
    }

    /// The caller that the request's one assertion names.
    ///
    /// # Errors
    /// [`Refused`] unless there is exactly one assertion, made by a known issuer for this audience and valid `now`.
    pub fn verify(&self, headers: &HeaderMap, now_epoch_seconds: i64) -> Result<Principal, Refused> {
        let mut values = headers.get_all(ASSERTION).iter();
        let value = values.next().ok_or(Refused::Missing)?;
        if values.next().is_some() {
            return Err(Refused::Several);
        }
        let claims = self.open(value.as_bytes())?;
        if claims.aud != self.audience {
            return Err(Refused::Audience);
        }
        check_times(&claims, now_epoch_seconds)?;
        Ok(Principal { sub: claims.sub, sid: claims.sid, roles: claims.roles })
    }

    /// Checks the MAC and only then looks inside.
    fn open(&self, value: &[u8]) -> Result<Claims, Refused> {
        if value.len() > MAX_BYTES {
            return Err(Refused::Malformed);
        }
        let text = str::from_utf8(value).map_err(|_| Refused::Malformed)?;
        let (signed, mac) = text.rsplit_once('.').ok_or(Refused::Malformed)?;
        let (version, claims) = signed.split_once('.').ok_or(Refused::Malformed)?;
        if version != VERSION {
            return Err(Refused::Malformed);
        }
        let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| Refused::Malformed)?;
        let known = |(_, key): &(String, hmac::Key)| hmac::verify(key, signed.as_bytes(), &mac).is_ok();
        if !self.issuers.iter().any(known) {
            return Err(Refused::Forged);
        }
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| Refused::Malformed)?;
        serde_json::from_slice(&claims).map_err(|_| Refused::Malformed)
    }
}

fn check_times(claims: &Claims, now: i64) -> Result<(), Refused> {
    let validity = claims.exp.saturating_sub(claims.iat);
    if !(1..=VALIDITY_SECONDS).contains(&validity) || claims.iat > now.saturating_add(LEEWAY_SECONDS) {
        return Err(Refused::Implausible);
    }
    if claims.exp.saturating_add(LEEWAY_SECONDS) <= now {
        return Err(Refused::Expired);
    }
    Ok(())
}

#[cfg(test)]
#[path = "assertion/tests.rs"]
mod tests;
