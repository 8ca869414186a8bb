//! One public route, with everything that a request needs of it decided.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use problem::Code;

use super::{Caching, Composition, ContractMode, ErrorRule, PolicyId, ServiceId, SourceSpan, Tag};
use crate::form::Renames;

/// The number of a route in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteId(pub u16);

impl fmt::Display for RouteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who may call a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody; a token that is sent must still be valid.
    Anyone,
    /// Whoever has a valid access token.
    SignedIn,
    /// Whoever has a valid access token with this role.
    Role(String),
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.write_str("anyone"),
            Self::SignedIn => f.write_str("signed_in"),
            Self::Role(role) => write!(f, "role:{role}"),
        }
    }
}

/// What happens to an access token that a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenRule {
    /// It is checked; a bad one is 401 on every route.
    Check,
    /// Nobody looks at it: the operation reads what it needs itself (token, refresh, logout).
    Ignore,
}

/// What replaces a deprecated route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    /// The path of the route to use instead.
    pub path: String,
}

/// One public endpoint.
#[derive(Clone, Debug)]
pub struct Route {
    /// The method; none for a proxy, which takes every one.
    pub method: Option<Method>,
    /// The public path: `/api/v1/users/{username}`; of a proxy its prefix, which ends in `/`.
    pub template: String,
    /// Who may call it.
    pub access: Access,
    /// What happens to a token.
    pub token: TokenRule,
    /// Where it goes.
    pub target: Target,
    /// How long the request may take, from its complete arrival to the head of its answer: its own, or the smaller of
    /// the default deadline and the timeout of its service.
    pub timeout: Duration,
    /// The largest request body, in bytes.
    pub body_limit: u64,
    /// What replaces it, if it is deprecated.
    pub deprecated: Option<Successor>,
    /// Roles that the gateway asserts for every caller of this route, beside the caller's own.
    pub assert_roles: Vec<String>,
    /// The profiles in which it exists; empty means all of them.
    pub profiles: Vec<String>,
    /// Whether an upgrade to WebSocket is forwarded.
    pub websocket: bool,
    /// Whether a 5xx that its service answers counts for the breaker; not where it speaks of something that only this route needs.
    pub breaker: bool,
    /// How often one caller may call it.
    pub limit: Option<PolicyId>,
    /// The calls behind it and what is made of their answers, where that is more than one call that is handed on.
    pub composition: Option<Arc<Composition>>,
    /// How it answers problem codes in its own way.
    pub errors: Vec<ErrorRule>,
    /// The names of its form's fields, where those are not the operation's.
    pub(crate) form: Option<Renames>,
    /// How its answers are kept; none where they are not.
    pub cache: Option<Caching>,
    /// The groups that a change through this route makes invalid, beside those that the service names.
    pub invalidates: Vec<Tag>,
    /// Where it is written.
    pub origin: SourceSpan,
    /// How closely the answers are held to the contract; a proxy has none.
    pub contract: ContractMode,
}

impl Route {
    /// The method as people write it; `*` for every method.
    #[must_use]
    pub fn method_name(&self) -> &str {
        self.method.as_ref().map_or("*", Method::as_str)
    }

    /// The status of a problem with this code, which has `status` on other routes.
    #[must_use]
    pub fn status_of(&self, code: Code, status: StatusCode) -> StatusCode {
        self.errors.iter().find(|rule| rule.code == code).and_then(|rule| rule.status).unwrap_or(status)
    }

    /// The names of its path parameters, in their order.
    pub fn parameter_names(&self) -> impl Iterator<Item = &str> {
        self.template.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }
}

/// Where a route goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To one operation of a service; the client's query goes along unchanged.
    Operation {
        /// The service.
        service: ServiceId,
        /// The operation's id in the service's contract.
        operation: String,
        /// The path to call, in pieces that are put together without looking into them.
        path: Vec<PathPiece>,
    },
    /// To nothing but the parts of its composition.
    Parts,
    /// To an origin without a contract: the path and query go along as they came.
    Proxy {
        /// The origin; its kind is [`super::ServiceKind::Origin`].
        service: ServiceId,
        /// The public prefix, which starts and ends with `/`.
        prefix: String,
        /// Whether the origin is asked without the prefix.
        strip_prefix: bool,
    },
}

impl Target {
    /// The service that is called; what is put together of parts is the gateway's own.
    #[must_use]
    pub fn service(&self) -> ServiceId {
        match self {
            Self::Operation { service, .. } | Self::Proxy { service, .. } => *service,
            Self::Parts => ServiceId::GATEWAY,
        }
    }
}

/// A piece of an upstream path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPiece {
    /// Written as it is, slashes included: `/users/`.
    Literal(String),
    /// The segment that the match captured at this index, still percent-encoded as it was received.
    Parameter(usize),
    /// The value of the binding at this index, encoded as one segment.
    Bound(usize),
}
