//! Makes a gateway of a configuration and a plan. Building opens no port; serving builds nothing.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use boot::{CancellationToken, Tasks};
use principal::{InternalKey, Signer, Verifier};
use tokio::runtime::Handle;
use upstream::{InvalidTarget, Policy, Pool, Upstream};

use crate::auth::{self, Auth, AuthConfig, KeyFileError};
use crate::beside::{self, Beside, Services, Site};
use crate::config::Config;
use crate::documents::DocumentError;
use crate::health::Health;
use crate::live::{Live, Parts};
use crate::plan::{Plan, Service, Sources};

pub(crate) const USERS: &str = "users";
/// Who asserts callers to services.
const ISSUER: &str = "gateway";

/// Why a configuration does not make a gateway.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A service's URL cannot be called.
    #[error("services.{service}: {source}")]
    Target {
        /// The service.
        service: String,
        /// What is wrong with its URL.
        source: InvalidTarget,
    },
    /// The plan names no such service.
    #[error("there is no service '{0}' in the configuration")]
    UnknownService(String),
    /// The plan has no service of accounts, without which nobody can log in.
    #[error("the configuration has no service 'users', which keeps the accounts")]
    NoUsers,
    /// The deployment's key is missing.
    #[error("AGORA_INTERNAL_KEY (or AGORA_INTERNAL_KEY_FILE) is required: the services know the gateway by it")]
    NoInternalKey,
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// What a service answers cannot be held to its contract.
    #[error("the contract cannot be enforced: {0}")]
    Contract(String),
    /// The public document cannot be made.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

/// A gateway that is ready to take its ports.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) live: Arc<Live>,
}

/// Builds a gateway for `plan`. `local` replaces remote services by services of this process (or any other upstream
/// of that name). To be called on the service runtime, which runs local services and the gateway's own operations.
///
/// # Errors
///
/// [`BuildError`] where the plan and the configuration do not make a gateway.
pub fn build(config: Config, plan: Plan, local: Vec<Upstream>) -> Result<Gateway, BuildError> {
    let (tasks, stop, pool) = (Tasks::new(), CancellationToken::new(), Pool::new());
    tasks.spawn("pool", sweep(pool.clone(), tasks.token()));
    let local: HashMap<String, Upstream> = local.into_iter().map(|one| (one.name().to_owned(), one)).collect();
    if let Some(unknown) = local.keys().find(|name| plan.service_named(name).is_none()) {
        return Err(BuildError::UnknownService(unknown.clone()));
    }
    let auth = authority(&config, &plan, &local, &pool)?;
    auth.follow_revocations(&tasks);
    let own = Upstream::local(Service::GATEWAY, auth::router(Arc::clone(&auth)), Handle::current());
    let health = Arc::new(Health::new(pool.clone()));
    let beside = pages(&plan, &health, &auth, &stop)?;
    let beside_upstream = Upstream::local("pages", beside::router(beside.clone()), Handle::current());
    let parts = Parts {
        // It asks users itself, which is guarded; a guard around that would take what users lacks for a fault of its own.
        own: own.with_policy(Policy::unguarded()),
        beside_upstream: beside_upstream.with_policy(Policy::unguarded()),
        config,
        tasks,
        stop,
        pool,
        auth,
        local,
        beside,
        health,
    };
    let live = Arc::new(Live::new(parts, plan)?);
    live.start();
    Ok(Gateway { live })
}

/// Closes idle connections of the service runtime's pool; the data-plane threads sweep their own.
async fn sweep(pool: Pool, end: CancellationToken) {
    let mut tick = tokio::time::interval(Pool::SWEEP_EVERY);
    while end.run_until_cancelled(tick.tick()).await.is_some() {
        pool.sweep();
    }
}

/// The part that issues and verifies tokens.
fn authority(
    config: &Config,
    plan: &Plan,
    local: &HashMap<String, Upstream>,
    pool: &Pool,
) -> Result<Arc<Auth>, BuildError> {
    let (_, users) = plan.service_named(USERS).ok_or(BuildError::NoUsers)?;
    let connect = plan.settings.limits.upstream_connect_timeout;
    let upstream = match local.get(USERS) {
        Some(local) => local.clone(),
        None => remote(users, connect)?,
    };
    let key = config.internal_key.as_ref().ok_or(BuildError::NoInternalKey)?;
    let production = config.profile.is_production();
    let auth = AuthConfig {
        settings: plan.settings.auth.clone(),
        secure_cookie: plan.settings.auth.cookie.secure.unwrap_or(production),
        origins: plan.settings.cors.origins.clone(),
        key_file: config.keys.join("signing.pem"),
        create_key: !production,
        revocations_file: config.keys.join("revocations.json"),
        users_timeout: users.timeout,
        timeout_status: plan.settings.timeout_status,
    };
    let own = Verifier::new(Service::GATEWAY, vec![(ISSUER.to_owned(), key.derive(ISSUER, Service::GATEWAY))]);
    Ok(Arc::new(Auth::new(auth, upstream, pool.clone(), signer(key, USERS), own)?))
}

/// A service at the URLs of its plan.
pub(crate) fn remote(service: &Service, connect: Duration) -> Result<Upstream, BuildError> {
    let upstream = Upstream::remote_within(service.name.as_str(), &service.urls, connect)
        .map_err(|source| BuildError::Target { service: service.name.clone(), source })?;
    Ok(upstream.with_policy(service.policy.clone()))
}

pub(crate) fn signers(config: &Config, plan: &Plan) -> Result<Arc<[Signer]>, BuildError> {
    let key = config.internal_key.as_ref().ok_or(BuildError::NoInternalKey)?;
    Ok(plan.services.iter().map(|service| signer(key, &service.name)).collect())
}

fn signer(key: &InternalKey, service: &str) -> Signer {
    Signer::new(ISSUER, service, key.derive(ISSUER, service))
}

/// What stands beside the plan.
fn pages(plan: &Plan, health: &Arc<Health>, auth: &Arc<Auth>, stop: &CancellationToken) -> Result<Beside, BuildError> {
    let (auth, stop) = (Arc::clone(auth), stop.clone());
    Ok(Beside {
        site: Arc::new(ArcSwap::from_pointee(Site::new(plan)?)),
        services: Arc::clone(health) as Arc<dyn Services>,
        round: Arc::default(),
        accepting: Arc::new(move || !stop.is_cancelled()),
        jwks: Arc::new(move || auth.jwks()),
    })
}

impl Gateway {
    /// Whether the signing key did not exist and was created.
    #[must_use]
    pub fn created_key(&self) -> bool {
        self.live.parts.auth.created_key()
    }

    /// The services' upstreams, by which a test can cut one off.
    #[must_use]
    pub fn upstream(&self, name: &str) -> Option<Upstream> {
        self.live.shared().surface.upstreams.iter().find(|upstream| upstream.name() == name).cloned()
    }

    /// Says where the plan is read again when somebody asks for that: by SIGHUP or on the admin listener.
    #[must_use]
    pub fn rereading(self, sources: Sources) -> Self {
        self.live.rereads(sources);
        self
    }

    pub(crate) fn listen(&self) -> SocketAddr {
        self.live.parts.config.listen_address(&self.live.shared().surface.plan)
    }

    pub(crate) fn admin_listen(&self) -> SocketAddr {
        self.live.parts.config.admin_address(&self.live.shared().surface.plan)
    }
}
