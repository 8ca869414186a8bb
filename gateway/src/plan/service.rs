//! The services behind the gateway, and what is known of them without asking.

use std::fmt;
use std::time::Duration;

use http::Uri;
use upstream::Policy;

use super::Contract;

/// The number of a service in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId(pub u16);

impl ServiceId {
    /// The built-in service `gateway`, which every plan has.
    pub const GATEWAY: Self = Self(0);
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a service is to the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    /// The gateway's own operations: a router of this process, `urls` is empty.
    BuiltIn,
    /// A service with a contract.
    Contracted,
    /// The origin of a `[[proxy]]`: a base URL without a contract. Its name is made from the prefix.
    Origin,
}

/// One service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name in the files, in metrics and in `Proxy-Status`.
    pub name: String,
    /// What it is.
    pub kind: ServiceKind,
    /// Its base URLs; a call goes to one of them.
    pub urls: Vec<Uri>,
    /// How long one call may take until the head of its answer.
    pub timeout: Duration,
    /// How calls to it are guarded.
    pub policy: Policy,
    /// The path at which each of its targets is asked again and again whether it is well, if they are.
    pub health: Option<Uri>,
    /// What it says about itself; empty for an origin without a contract.
    pub contract: Contract,
}

impl Service {
    /// The name of the built-in service.
    pub const GATEWAY: &'static str = "gateway";
}
