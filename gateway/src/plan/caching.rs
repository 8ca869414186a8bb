//! Whether and for whom the answers of a route are kept.

use std::fmt;
use std::time::Duration;

use http::HeaderName;

/// How the answers of a route are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caching {
    /// Who shares an answer.
    pub scope: Scope,
    /// How long an answer may be used that does not say so itself.
    pub ttl: Option<Duration>,
    /// For how long after that it may be used while a fresh one is asked for (RFC 5861, section 3).
    pub stale_while_revalidate: Duration,
    /// For how long after that it may be used where no fresh one is to be had (RFC 5861, section 4).
    pub stale_if_error: Duration,
    /// The names of the query on which the answer depends; none where all of it counts as it came.
    pub query: Option<Vec<String>>,
    /// The header fields of the request of which calls take values.
    pub fields: Vec<HeaderName>,
    /// The groups of every answer, beside those that the service names.
    pub tags: Vec<Tag>,
    /// Whether a client's condition can be answered from what is kept: not where each caller sees something else of it.
    pub validates: bool,
    /// Whether the answer is put together, so that its `ETag` is that of one part of it.
    pub composed: bool,
    /// A number that is another one if the route means something else: what was kept before is then not found.
    pub generation: u64,
}

/// Who shares a kept answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everybody: no service learns who asks.
    Public,
    /// Everybody who is not signed in; each user has their own.
    Viewer,
    /// Each user has their own.
    User,
    /// Those of whom a token says the same. Services learn nothing else of the caller.
    Claims(Vec<CacheClaim>),
}

impl Scope {
    /// What tells the callers apart who do not share an answer. Services are told exactly that of them.
    pub(crate) fn claims(&self) -> &[CacheClaim] {
        match self {
            Self::Public => &[],
            Self::Viewer | Self::User => &[CacheClaim::Sub, CacheClaim::Roles],
            Self::Claims(claims) => claims,
        }
    }
}

/// What an access token says, as far as answers may be kept apart by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CacheClaim {
    /// The user.
    Sub,
    /// The session.
    Sid,
    /// The roles.
    Roles,
}

impl CacheClaim {
    /// All of them, with their names.
    pub const NAMES: [(&'static str, Self); 3] = [("sub", Self::Sub), ("sid", Self::Sid), ("roles", Self::Roles)];
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Viewer => f.write_str("viewer"),
            Self::User => f.write_str("user"),
            Self::Claims(claims) => {
                let name = |claim: &CacheClaim| CacheClaim::NAMES.iter().find(|(_, known)| known == claim);
                let names: Vec<&str> = claims.iter().filter_map(name).map(|(name, _)| *name).collect();
                write!(f, "claims:[{}]", names.join(", "))
            }
        }
    }
}

/// A group whose name depends on the request: `user:{path:id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(pub Vec<TagPiece>);

/// A piece of the name of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagPiece {
    /// This.
    Text(String),
    /// The path parameter at this index, as it was received.
    Path(usize),
    /// The user who asks; nothing where nobody is signed in.
    Sub,
}
