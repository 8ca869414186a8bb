//! What `gateway.toml` sets for the whole gateway: every limit with its default.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::StatusCode;

use super::{Policy, PolicyId};

/// The settings of the whole gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where it listens.
    pub listen: Listen,
    /// How much it takes, and how long it waits.
    pub limits: Limits,
    /// Tokens and sessions.
    pub auth: Auth,
    /// Which other origins may call from a browser.
    pub cors: Cors,
    /// What is kept of answers.
    pub cache: Cache,
    /// What is logged.
    pub log: Log,
    /// How it stops.
    pub shutdown: Shutdown,
    /// The deadline of a request whose route names none.
    pub deadline: Duration,
    /// The status of a request whose deadline passed: 503, or 504 for operators who want it.
    pub timeout_status: StatusCode,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Where clients find this API, like `https://api.example`: `$base` of programs. Empty makes links without an origin.
    pub public_origin: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: Listen::default(),
            limits: Limits::default(),
            auth: Auth::default(),
            cors: Cors::default(),
            cache: Cache::default(),
            log: Log::default(),
            shutdown: Shutdown::default(),
            deadline: Duration::from_secs(3),
            timeout_status: StatusCode::SERVICE_UNAVAILABLE,
            trusted_proxies: Vec::new(),
            public_origin: String::new(),
        }
    }
}

/// Where the gateway listens. What is not set is decided by the profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listen {
    /// The public address.
    pub public: Option<SocketAddr>,
    /// The address of metrics and readiness.
    pub admin: Option<SocketAddr>,
}

/// How much the gateway takes of one client or one request, and how long it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The time for a complete head, from its first byte.
    pub head_timeout: Duration,
    /// The size of a head: request line and fields.
    pub head_bytes: u64,
    /// The number of fields in a head.
    pub head_fields: u32,
    /// The length of a request target.
    pub uri_bytes: u64,
    /// The time from a new connection to its first byte.
    pub first_byte_timeout: Duration,
    /// The size of a body, unless its route says otherwise.
    pub body_bytes: u64,
    /// The size of a body of a route that takes files.
    pub upload_bytes: u64,
    /// The time between two pieces of a body, in either direction.
    pub body_idle_timeout: Duration,
    /// Connections at once.
    pub connections: u32,
    /// Connections of one address at once.
    pub connections_per_address: u32,
    /// Request bodies that stream in at once from one address: each has a place at its service for as long as its client likes.
    pub uploads_per_address: u32,
    /// Requests that wait for services at once.
    pub requests_in_flight: u32,
    /// How long a connection may wait for its next request.
    pub keep_alive_timeout: Duration,
    /// The time for a connection to a service.
    pub upstream_connect_timeout: Duration,
    /// The size of an answer that is reshaped or becomes part of another one.
    pub part_bytes: u64,
    /// The size of an answer that is put together.
    pub composed_bytes: u64,
    /// The number of different keys that one join looks up.
    pub join_keys: u32,
    /// How often a caller may call the routes that name one of these.
    pub policies: Vec<Policy>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(10),
            head_bytes: 16 * KIB,
            head_fields: 100,
            uri_bytes: 8 * KIB,
            first_byte_timeout: Duration::from_secs(10),
            body_bytes: KIB * KIB,
            upload_bytes: 10 * KIB * KIB,
            body_idle_timeout: Duration::from_secs(15),
            connections: 4096,
            connections_per_address: 256,
            uploads_per_address: 32,
            requests_in_flight: 1024,
            keep_alive_timeout: Duration::from_secs(75),
            upstream_connect_timeout: Duration::from_millis(300),
            part_bytes: KIB * KIB,
            composed_bytes: 4 * KIB * KIB,
            join_keys: 1000,
            policies: Vec::new(),
        }
    }
}

impl Limits {
    /// The policy of this name.
    #[must_use]
    pub fn policy_named(&self, name: &str) -> Option<PolicyId> {
        self.policies.iter().position(|policy| policy.name == name).map(PolicyId)
    }
}

const KIB: u64 = 1024;

/// Tokens. How long a session lasts is decided by the service that keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auth {
    /// `iss` of access tokens.
    pub issuer: String,
    /// `aud` of access tokens.
    pub audience: String,
    /// How long an access token lasts.
    pub access_token_ttl: Duration,
    /// The cookie of browsers.
    pub cookie: Cookie,
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            issuer: "agora".to_owned(),
            audience: "agora-api".to_owned(),
            access_token_ttl: Duration::from_secs(10 * 60),
            cookie: Cookie::default(),
        }
    }
}

/// The cookie that holds a browser's refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// Its name, without the `__Host-` that a secure one gets.
    pub name: String,
    /// Whether it is sent over HTTPS only. What is not set is decided by the profile: production says yes.
    pub secure: Option<bool>,
}

impl Default for Cookie {
    fn default() -> Self {
        Self { name: "agora_refresh".to_owned(), secure: None }
    }
}

/// Which other origins may call from a browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cors {
    /// The origins, compared exactly: `https://app.example`.
    pub origins: Vec<String>,
}

/// How much is kept of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// The bytes of all kept answers.
    pub bytes: u64,
    /// The bytes of the largest answer that is kept.
    pub object_bytes: u64,
}

impl Default for Cache {
    fn default() -> Self {
        Self { bytes: 64 * KIB * KIB, object_bytes: KIB * KIB }
    }
}

/// What is logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// One line per request.
    pub requests: bool,
}

impl Default for Log {
    fn default() -> Self {
        Self { requests: true }
    }
}

/// How the gateway stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// How long it goes on accepting after it has said that it is not ready.
    pub delay: Duration,
    /// How long accepted requests may take after that; best longer than the longest deadline.
    pub grace: Duration,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { delay: Duration::ZERO, grace: Duration::from_secs(20) }
    }
}
