//! Who the caller is: how the gateway asserts it and how a service verifies it.
//!
//! The gateway authenticates a person once and then tells each service who that is with one header,
//! [`ASSERTION`]: a [`Principal`], the audience and a validity of at most [`VALIDITY_SECONDS`] under an HMAC-SHA-256
//! whose key belongs to exactly one (issuer, audience) pair. A service lets [`require`] verify it and takes
//! [`Principal`] or [`SignedIn`] as an extractor; it never reads `Authorization`.
//!
//! Guarantees:
//!
//! * The format is fixed. Nothing in the header chooses an algorithm or a key, and nothing of it is parsed before its
//!   MAC has been verified in constant time.
//! * One byte changed, added or removed makes it invalid; so does a second assertion header.
//! * An assertion for one service is worthless at another: the key and the `aud` both name the audience.
//! * No key appears in `Debug` output.
//!
//! ```
//! use principal::{InternalKey, Principal, Signer, Verifier, ASSERTION};
//!
//! let deployment = InternalKey::random();
//! let signer = Signer::new("gateway", "users", deployment.derive("gateway", "users"));
//! let verifier = Verifier::new("users", vec![("gateway".into(), deployment.derive("gateway", "users"))]);
//!
//! let caller = Principal { sub: Some("7".into()), sid: None, roles: vec!["admin".into()] };
//! let now = 1_700_000_000;
//! let mut headers = http::HeaderMap::new();
//! headers.insert(ASSERTION, signer.assert(&caller, now));
//!
//! assert_eq!(verifier.verify(&headers, now).unwrap(), caller);
//! assert!(verifier.verify(&headers, now + 3600).is_err());
//! ```

mod assertion;
mod caller;
mod key;

pub use crate::assertion::{LEEWAY_SECONDS, Refused, Signer, VALIDITY_SECONDS, Verifier};
pub use crate::caller::{SignedIn, require};
pub use crate::key::{AssertionKey, InternalKey, KeyMistake};

/// The header that carries the caller's identity between processes (or parts of one process) of a deployment.
pub const ASSERTION: http::HeaderName = http::HeaderName::from_static("x-internal-assertion");

/// The role of a caller that is itself a part of the system.
pub const SERVICE_ROLE: &str = "service";

/// A caller: a person, a service, or nobody in particular.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principal {
    /// The user's id as text, or `service:NAME`; absent for an anonymous caller.
    pub sub: Option<String>,
    /// The session that the caller's access token belongs to.
    pub sid: Option<String>,
    /// The roles that the caller had when the token was issued.
    pub roles: Vec<String>,
}

impl Principal {
    /// A caller about whom nothing is known.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// The service `name` acting for itself.
    pub fn service(name: &str) -> Self {
        Self { sub: Some(format!("service:{name}")), sid: None, roles: vec![SERVICE_ROLE.to_owned()] }
    }

    /// Whether the caller has this role.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }

    /// The id of the signed-in user; `None` for services and anonymous callers.
    ///
    /// Only the one canonical spelling of a positive number counts: `07` and `+7` are nobody.
    pub fn user_id(&self) -> Option<i64> {
        let sub = self.sub.as_deref()?;
        let canonical = sub.bytes().all(|b| b.is_ascii_digit()) && !sub.starts_with('0');
        if canonical { sub.parse().ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::Principal;

    fn with_sub(sub: &str) -> Principal {
        Principal { sub: Some(sub.to_owned()), ..Principal::anonymous() }
    }

    #[test]
    fn only_the_canonical_spelling_of_a_positive_number_is_a_user_id() {
        assert_eq!(with_sub("7").user_id(), Some(7));
        for sub in ["", "0", "07", "+7", "-7", " 7", "7 ", "service:feed", "9223372036854775808"] {
            assert_eq!(with_sub(sub).user_id(), None, "{sub:?}");
        }
        assert_eq!(Principal::anonymous().user_id(), None);
    }

    #[test]
    fn a_service_has_the_service_role_and_is_no_user() {
        let feed = Principal::service("feed");
        assert!(feed.has_role("service"));
        assert!(!feed.has_role("admin"));
        assert_eq!(feed.user_id(), None);
    }
}
