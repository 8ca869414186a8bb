//! What the process decides about the gateway: read once, from variables and files, with every mistake reported.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use boot::{Profile, Vars};
use principal::InternalKey;

use crate::plan::Plan;

const PUBLIC_PORT: u16 = 8001;
const ADMIN_PORT: u16 = 8011;

/// The process's part of the gateway's configuration; the files' part is the [`crate::plan::Plan`].
#[derive(Debug)]
pub struct Config {
    /// Demo or production.
    pub profile: Profile,
    /// The public address; what the files say wins over the profile's default, this wins over both.
    pub listen: Option<SocketAddr>,
    /// The address of metrics and readiness.
    pub admin: Option<SocketAddr>,
    /// Data-plane threads.
    pub threads: NonZeroUsize,
    /// Where the signing keys and the list of revocations are kept.
    pub keys: PathBuf,
    /// The key of the deployment, from which the gateway derives one for each service.
    pub internal_key: Option<InternalKey>,
}

impl Config {
    /// Reads `AGORA_PROFILE`, `GATEWAY_LISTEN`, `GATEWAY_ADMIN_LISTEN`, `GATEWAY_THREADS`, `GATEWAY_KEYS_DIR` and
    /// `AGORA_INTERNAL_KEY` (or `_FILE`). Mistakes are collected in `vars`.
    pub fn from_vars(vars: &mut Vars) -> Self {
        let profile = Profile::from_vars(vars);
        let internal_key = vars.secret("AGORA_INTERNAL_KEY").and_then(|secret| {
            InternalKey::from_secret(&secret).map_err(|error| vars.mistake(format!("AGORA_INTERNAL_KEY: {error}"))).ok()
        });
        Self {
            profile,
            listen: vars.optional_parsed("GATEWAY_LISTEN"),
            admin: vars.optional_parsed("GATEWAY_ADMIN_LISTEN"),
            threads: vars.parsed("GATEWAY_THREADS", available()),
            keys: PathBuf::from(vars.text("GATEWAY_KEYS_DIR", "data/keys")),
            internal_key,
        }
    }
}

impl Config {
    /// The public address: this configuration's, or the plan's, or the profile's.
    #[must_use]
    pub fn listen_address(&self, plan: &Plan) -> SocketAddr {
        let address: IpAddr = match self.profile {
            Profile::Demo => Ipv4Addr::LOCALHOST.into(),
            Profile::Production => Ipv4Addr::UNSPECIFIED.into(),
        };
        self.listen.or(plan.settings.listen.public).unwrap_or((address, PUBLIC_PORT).into())
    }

    /// The address of metrics and readiness, found in the same order.
    #[must_use]
    pub fn admin_address(&self, plan: &Plan) -> SocketAddr {
        self.admin.or(plan.settings.listen.admin).unwrap_or((Ipv4Addr::LOCALHOST, ADMIN_PORT).into())
    }
}

fn available() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
