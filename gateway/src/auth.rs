//! Tokens and sessions: the only place where access tokens are issued and verified.
//!
//! Two sides share one `Gate`. The data plane asks `TokenCache` who sends a request and what a service may be told about it;
//! it never waits for anything. The gateway's own operations (register, login, token, refresh, logout, change_password,
//! introspect) are an axum router, mounted as the built-in service `gateway`, that has the service users verify passwords and
//! keep sessions, and signs what it answers.
//!
//! Guarantees:
//!
//! * An access token is valid only if every rule of `verify` holds; nothing in a token chooses how it is verified.
//! * The gateway stores no token. A refresh token's successor is computed from it, so a request that is repeated because its
//!   answer was lost gets the same answer, and a failure behind the gateway uses nothing up.
//! * What this gateway ends no longer counts here at once, and what another ends within a poll of users (`revocation`).

mod access;
mod answer;
mod change_password;
mod clock;
mod cookie;
mod document;
mod error;
mod introspect;
mod keys;
mod login;
mod logout;
mod oauth;
mod refresh;
mod refresh_token;
mod register;
mod revocation;
mod throttle;
mod token;
mod users;
mod verify;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use axum::middleware::{from_fn, from_fn_with_state};
use boot::Tasks;
use bytes::Bytes;
use http::StatusCode;
use principal::{Signer, Verifier};
use upstream::{Pool, Upstream};

use self::clock::Clock;
use self::cookie::Cookies;
use self::error::AuthError;
use self::keys::Keys;
use self::refresh_token::RefreshToken;
use self::revocation::{Feed, Revocations};
use self::throttle::Throttle;
use self::token::Issuer;
use self::users::Users;
use self::verify::{Expected, TokenError, Verified};

pub(crate) use self::access::{AccessError, Caller, TokenCache, admit};
pub use self::document::openapi;
pub use self::keys::{KeyFileError, KeyMistake};
pub use self::token::AccessToken;

/// The longest life of an access token. One that lived longer could be accepted again after its revocation is forgotten.
pub(crate) const LONGEST_TTL: Duration =
    Duration::from_millis((revocation::KEPT_MS - 1000 * verify::LEEWAY_SECONDS).unsigned_abs());

/// What tokens and sessions need to know, decided before anything starts.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// Names, lifetimes and the cookie, as `gateway.toml` sets them.
    pub settings: crate::plan::Auth,
    /// Whether the refresh cookie is for HTTPS only (and then `__Host-`).
    pub secure_cookie: bool,
    /// Other origins whose pages may use the refresh cookie.
    pub origins: Vec<String>,
    /// The file of the Ed25519 keys.
    pub key_file: PathBuf,
    /// Whether a missing key file is created (the demo profile) or refused.
    pub create_key: bool,
    /// The file of the live revocations.
    pub revocations_file: PathBuf,
    /// How long one call to users may take.
    pub users_timeout: Duration,
    /// The status for a call to users that takes longer.
    pub timeout_status: StatusCode,
}

/// What the data plane and the operations share: keys, rules and revocations.
pub(crate) struct Gate {
    keys: ArcSwap<Keys>,
    expected: Expected,
    pub(crate) revocations: Arc<Revocations>,
}

impl Gate {
    /// The keys of this moment.
    pub(crate) fn keys(&self) -> Guard<Arc<Keys>> {
        self.keys.load()
    }

    /// The content of a token that verifies and was not revoked.
    pub(crate) fn verify(&self, token: &str, now_ms: i64) -> Result<Verified, TokenError> {
        let verified = self.expected.verify(&self.keys(), token, now_ms)?;
        if self.revocations.is_revoked(&verified.access) { Err(TokenError::Revoked) } else { Ok(verified) }
    }
}

/// The gateway's own operations, and what they rest on.
pub struct Auth {
    gate: Arc<Gate>,
    issuer: Issuer,
    cookies: Cookies,
    throttle: Throttle,
    users: Users,
    verifier: Arc<Verifier>,
    clock: Clock,
    key_file: PathBuf,
    created_key: bool,
    feed: Mutex<Option<Feed>>,
}

impl Auth {
    /// Reads (or creates) the keys and reads the revocations; asks nobody anything.
    ///
    /// `signer` makes assertions from the gateway to users; `verifier` checks those that the data plane makes for the gateway's
    /// own operations. `pool` belongs to the runtime that serves them.
    ///
    /// # Errors
    /// [`KeyFileError`] if there is no key, or one that others can read, or one that cannot be used.
    pub fn new(
        config: AuthConfig,
        users: Upstream,
        pool: Pool,
        signer: Signer,
        verifier: Verifier,
    ) -> Result<Self, KeyFileError> {
        Self::with_clock(config, users, pool, signer, verifier, Clock::System)
    }

    fn with_clock(
        config: AuthConfig,
        users: Upstream,
        pool: Pool,
        signer: Signer,
        verifier: Verifier,
        clock: Clock,
    ) -> Result<Self, KeyFileError> {
        let AuthConfig { settings, key_file, .. } = config;
        let (keys, created_key) = keys::load(&key_file, config.create_key)?;
        let expected = Expected { issuer: settings.issuer.clone(), audience: settings.audience.clone() };
        let revocations = Arc::new(Revocations::new());
        let feed = Feed::open(revocations.clone(), config.revocations_file, clock.clone());
        let ttl_seconds = i64::try_from(settings.access_token_ttl.as_secs()).unwrap_or(i64::MAX);
        let limits = (config.users_timeout, config.timeout_status);
        Ok(Self {
            gate: Arc::new(Gate { keys: ArcSwap::from_pointee(keys), expected, revocations }),
            issuer: Issuer { issuer: settings.issuer, audience: settings.audience, ttl_seconds },
            cookies: Cookies::new(&settings.cookie.name, config.secure_cookie, config.origins),
            throttle: Throttle::new(clock.clone()),
            users: Users::new(users, pool, signer, limits, clock.clone()),
            verifier: Arc::new(verifier),
            clock,
            key_file,
            created_key,
            feed: Mutex::new(Some(feed)),
        })
    }

    /// What the data plane's threads build their [`TokenCache`] from.
    pub(crate) fn gate(&self) -> Arc<Gate> {
        self.gate.clone()
    }

    /// The body of `/.well-known/jwks.json`: every public key, the signing one first.
    #[must_use]
    pub fn jwks(&self) -> Bytes {
        self.gate.keys().jwks()
    }

    /// From now on accounts are kept by this service.
    pub(crate) fn follow_users(&self, users: Upstream, timeout: Duration) {
        self.users.follow(users, timeout);
    }

    /// Whether the key file did not exist and was created.
    #[must_use]
    pub fn created_key(&self) -> bool {
        self.created_key
    }

    /// Reads the key file again: tokens of a key that is no longer in it stop working at once. On any error the keys stay.
    ///
    /// # Errors
    /// [`KeyFileError`] as for [`Auth::new`]; a missing file is never created.
    pub fn reload_keys(&self) -> Result<(), KeyFileError> {
        let (keys, _) = keys::load(&self.key_file, false)?;
        self.gate.keys.store(Arc::new(keys));
        self.gate.revocations.advance();
        Ok(())
    }

    /// Follows users' revocations until the tasks are asked to end. A second call does nothing.
    pub fn follow_revocations(&self, tasks: &Tasks) {
        let feed = self.feed.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(feed) = feed {
            let (users, token) = (self.users.clone(), tasks.token());
            tasks.spawn("revocations", async move { feed.follow(users, token.cancelled_owned()).await });
        }
    }

    fn new_family(&self) -> Result<RefreshToken, AuthError> {
        RefreshToken::first(&self.gate.keys()).ok_or(AuthError::Minting("no randomness for a refresh token"))
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// The operations as the local service `gateway`. Like every service it believes the caller's signed assertion and nothing else;
/// unlike every other it is also sent credentials (`Authorization`, cookies) and the fields that say where a page comes from.
pub fn router(auth: Arc<Auth>) -> axum::Router {
    let verifier = auth.verifier.clone();
    document::operations()
        .split_for_parts()
        .0
        .with_state(auth)
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(from_fn_with_state(verifier, principal::require))
        .layer(from_fn(problem::complete))
}

#[cfg(test)]
mod tests;
