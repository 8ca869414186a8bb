//! The authenticate phase: who calls, may they, and what a service is told about it.
//!
//! Plain functions over a cache that belongs to one data-plane thread. A token that was verified is remembered under its whole
//! text until it expires; a hit compares the text, the expiry and one atomic number ([`Revocations::generation`]), and only if
//! that number has changed asks again whether the token was revoked or its key removed. What did not verify is not remembered.
//! The assertion for a service is signed once per token (and once for anonymous callers) and used for up to 30 seconds.
//!
//! [`Revocations::generation`]: super::revocation::Revocations::generation

use std::hash::BuildHasher as _;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::{DefaultHashBuilder, HashTable};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use principal::{Principal, Signer};
use problem::{Code, Problem};

use super::Gate;
use super::token::AccessToken;
use super::verify::{self, TokenError, Verified};
use crate::plan::{Access, ServiceId, TokenRule};

/// Tokens remembered by one thread, in two halves: when the young half is full it becomes the old one, whose former content
/// is forgotten. What is used moves to the young half, so what is in use stays.
const HALF: usize = 2048;
/// For how long an assertion is used again; its own validity is twice that.
const ASSERTION_KEPT_MS: i64 = 30_000;

const BEARER: &[u8] = b"Bearer ";

/// Why a request may not go on. `Into<Problem>` makes it an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessError {
    /// The route needs a token and there is none.
    Unauthenticated,
    /// There is one, but it is not an access token of ours.
    TokenInvalid,
    /// It has expired.
    TokenExpired,
    /// Its session was ended.
    SessionRevoked,
    /// Its bearer lacks the role.
    Forbidden,
}

impl From<TokenError> for AccessError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Expired => Self::TokenExpired,
            TokenError::Revoked => Self::SessionRevoked,
            TokenError::TooLong
            | TokenError::Malformed
            | TokenError::Header
            | TokenError::UnknownKey
            | TokenError::Signature
            | TokenError::Claims
            | TokenError::NotYet => Self::TokenInvalid,
        }
    }
}

impl From<AccessError> for Problem {
    /// The codes of the 401s carry their own `WWW-Authenticate`.
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Unauthenticated => Self::new(Code::Unauthenticated)
                .with_detail("Send an access token in the header Authorization: Bearer …"),
            AccessError::TokenInvalid => Self::new(Code::TokenInvalid)
                .with_detail("The Authorization header does not hold a valid access token."),
            AccessError::TokenExpired => {
                Self::new(Code::TokenExpired).with_detail("The access token has expired. Refresh it.")
            }
            AccessError::SessionRevoked => {
                Self::new(Code::SessionRevoked).with_detail("The session of this access token has ended. Log in again.")
            }
            AccessError::Forbidden => Self::new(Code::Forbidden).with_detail("Your account may not do this."),
        }
    }
}

/// Who makes a request, and the assertions that were signed for them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Caller(Arc<Known>);

struct Known {
    /// The token as it was sent; empty for the anonymous caller.
    text: Box<[u8]>,
    token: AccessToken,
    kid: String,
    /// The user's id, read once per token.
    user: Option<i64>,
    assertions: Mutex<Vec<Option<Assertion>>>,
}

struct Assertion {
    value: HeaderValue,
    until_ms: i64,
}

impl Caller {
    /// A caller about whom nothing is known.
    fn anonymous() -> Self {
        let principal = Principal::anonymous();
        let token = AccessToken { principal, issued_at_ms: i64::MAX, expires_at: i64::MAX };
        Self::new(Box::default(), token, String::new())
    }

    fn new(text: Box<[u8]>, token: AccessToken, kid: String) -> Self {
        let user = token.principal.user_id();
        Self(Arc::new(Known { text, token, kid, user, assertions: Mutex::default() }))
    }

    /// The id of the user who calls; none for anonymous callers.
    pub(crate) fn user(&self) -> Option<i64> {
        self.0.user
    }

    /// The same caller, of whom nothing but this is shown.
    pub(crate) fn seen_as(&self, principal: Principal) -> Self {
        let AccessToken { issued_at_ms, expires_at, .. } = self.0.token;
        Self::new(Box::default(), AccessToken { principal, issued_at_ms, expires_at }, String::new())
    }

    /// Who it is.
    pub(crate) fn principal(&self) -> &Principal {
        &self.0.token.principal
    }
}

/// A caller and the value of [`Revocations::generation`](super::revocation::Revocations::generation) for which the token was
/// found to count.
struct Entry {
    caller: Caller,
    generation: u64,
}

/// What one data-plane thread knows of tokens.
pub(crate) struct TokenCache {
    gate: Arc<Gate>,
    /// One signer per service, at the index of its [`ServiceId`].
    signers: Arc<[Signer]>,
    young: HashTable<Entry>,
    old: HashTable<Entry>,
    hasher: DefaultHashBuilder,
    anonymous: Caller,
    half: usize,
}

impl TokenCache {
    /// An empty cache. `signers` are in the order of the plan's services.
    pub(crate) fn new(gate: Arc<Gate>, signers: Arc<[Signer]>) -> Self {
        Self {
            gate,
            signers,
            young: HashTable::new(),
            old: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            anonymous: Caller::anonymous(),
            half: HALF,
        }
    }

    /// Somebody about whom nothing is known.
    pub(crate) fn anonymous(&self) -> Caller {
        self.anonymous.clone()
    }

    /// Who sent these headers, if the route's rules let them in.
    pub(crate) fn authenticate(
        &mut self,
        headers: &HeaderMap,
        rule: TokenRule,
        access: &Access,
        now_ms: i64,
    ) -> Result<Caller, AccessError> {
        let caller = match rule {
            TokenRule::Ignore => self.anonymous.clone(),
            TokenRule::Check => match bearer(headers) {
                Bearer::None => self.anonymous.clone(),
                Bearer::Token(token) => self.verified(token, now_ms)?,
                Bearer::Other => return Err(AccessError::TokenInvalid),
            },
        };
        admit(caller.principal(), access)?;
        Ok(caller)
    }

    /// What `service` is told about `caller`. Roles that a route asserts beside the caller's own are signed each time; without
    /// them the assertion is signed once in half a minute. `None` only for a service that the plan does not have.
    pub(crate) fn assertion(
        &self,
        caller: &Caller,
        service: ServiceId,
        asserted_roles: &[String],
        now_ms: i64,
    ) -> Option<HeaderValue> {
        let index = usize::from(service.0);
        let signer = self.signers.get(index)?;
        if !asserted_roles.is_empty() {
            let mut principal = caller.principal().clone();
            principal.roles.extend_from_slice(asserted_roles);
            return Some(signer.assert(&principal, now_ms.div_euclid(1000)));
        }
        let mut assertions = caller.0.assertions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Some(kept)) = assertions.get(index)
            && (now_ms + 1..=now_ms.saturating_add(ASSERTION_KEPT_MS)).contains(&kept.until_ms)
        {
            return Some(kept.value.clone());
        }
        if assertions.len() <= index {
            assertions.resize_with(self.signers.len(), || None);
        }
        let value = signer.assert(caller.principal(), now_ms.div_euclid(1000));
        let until_ms = now_ms.saturating_add(ASSERTION_KEPT_MS);
        if let Some(slot) = assertions.get_mut(index) {
            *slot = Some(Assertion { value: value.clone(), until_ms });
        }
        Some(value)
    }

    /// The bearer of a token that verifies and still counts.
    fn verified(&mut self, token: &[u8], now_ms: i64) -> Result<Caller, AccessError> {
        let hash = self.hasher.hash_one(token);
        let is_same = |entry: &Entry| *entry.caller.0.text == *token;
        if let Some(entry) = self.young.find_mut(hash, is_same) {
            let checked = recheck(&self.gate, entry, now_ms);
            if checked.is_err() {
                self.forget(hash, token);
            }
            return checked;
        }
        let mut entry = match self.old.find_entry(hash, is_same) {
            Ok(found) => found.remove().0,
            Err(_) => verify(&self.gate, token, now_ms)?,
        };
        let caller = recheck(&self.gate, &mut entry, now_ms)?;
        self.remember(hash, entry);
        Ok(caller)
    }

    fn remember(&mut self, hash: u64, entry: Entry) {
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        let hasher = &self.hasher;
        self.young.insert_unique(hash, entry, |entry| hasher.hash_one(&*entry.caller.0.text));
    }

    fn forget(&mut self, hash: u64, token: &[u8]) {
        if let Ok(found) = self.young.find_entry(hash, |entry| *entry.caller.0.text == *token) {
            found.remove();
        }
    }
}

/// Whether a token that was verified before still counts.
fn recheck(gate: &Gate, entry: &mut Entry, now_ms: i64) -> Result<Caller, AccessError> {
    let known = &entry.caller.0;
    if verify::is_over(known.token.expires_at, now_ms.div_euclid(1000)) {
        return Err(AccessError::TokenExpired);
    }
    let generation = gate.revocations.generation();
    if entry.generation != generation {
        if gate.revocations.is_revoked(&known.token) {
            return Err(AccessError::SessionRevoked);
        }
        if !gate.keys().knows(&known.kid) {
            return Err(AccessError::TokenInvalid);
        }
        entry.generation = generation;
    }
    Ok(entry.caller.clone())
}

fn verify(gate: &Gate, token: &[u8], now_ms: i64) -> Result<Entry, AccessError> {
    let text = str::from_utf8(token).map_err(|_| AccessError::TokenInvalid)?;
    // Read before the revocations are: one that arrives in between is seen by the next request.
    let generation = gate.revocations.generation();
    let Verified { access, kid, .. } = gate.verify(text, now_ms)?;
    Ok(Entry { caller: Caller::new(token.into(), access, kid), generation })
}

/// Whether a route lets somebody in.
pub(crate) fn admit(principal: &Principal, access: &Access) -> Result<(), AccessError> {
    match access {
        Access::Anyone => Ok(()),
        Access::SignedIn | Access::Role(_) if principal.sub.is_none() => Err(AccessError::Unauthenticated),
        Access::SignedIn => Ok(()),
        Access::Role(role) if principal.has_role(role) => Ok(()),
        Access::Role(_) => Err(AccessError::Forbidden),
    }
}

/// What the `Authorization` header holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Bearer<'a> {
    /// There is none.
    None,
    /// A bearer token, whatever it is worth.
    Token(&'a [u8]),
    /// Something else, or more than one.
    Other,
}

/// Reads the one `Authorization` header.
pub(super) fn bearer(headers: &HeaderMap) -> Bearer<'_> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Bearer::None };
    match value.as_bytes().split_at_checked(BEARER.len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(BEARER) && values.next().is_none() => {
            Bearer::Token(token.trim_ascii_start())
        }
        _ => Bearer::Other,
    }
}

#[cfg(test)]
#[path = "access/tests.rs"]
mod tests;
