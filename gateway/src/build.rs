//! Makes a gateway of a configuration and a plan. Building opens no port; serving builds nothing.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use boot::{CancellationToken, Tasks};
use principal::{InternalKey, Signer, Verifier};
use tokio::runtime::Handle;
use upstream::{InvalidTarget, Pool, Upstream};

use crate::auth::{self, Auth, AuthConfig, KeyFileError};
use crate::beside::{self, Beside, Site};
use crate::config::Config;
use crate::conformance::Conformance;
use crate::cors::Cors;
use crate::documents::DocumentError;
use crate::health::Health;
use crate::limit;
use crate::listener::Caps;
use crate::metrics::Metrics;
use crate::plan::{Plan, Service, ServiceKind};
use crate::plane::Shared;
use crate::surface::Surface;

const USERS: &str = "users";
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
pub struct Gateway {
    pub(crate) shared: Arc<Shared>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tasks: Tasks,
    pub(crate) stop: CancellationToken,
    beside: Beside,
    config: Config,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Gateway").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Builds a gateway for `plan`. `local` replaces remote services by services of this process (or any other upstream
/// of that name). To be called on the service runtime, which runs local services and the gateway's own operations.
///
/// # Errors
///
/// [`BuildError`] where the plan and the configuration do not make a gateway.
pub fn build(config: Config, plan: Plan, local: Vec<Upstream>) -> Result<Gateway, BuildError> {
    let plan = Arc::new(plan);
    let (tasks, stop, pool) = (Tasks::new(), CancellationToken::new(), Pool::new());
    tasks.spawn("pool", sweep(pool.clone(), tasks.token()));
    let mut upstreams = services(&plan, local)?;
    let auth = authority(&config, &plan, &upstreams, &pool)?;
    auth.follow_revocations(&tasks);
    let signers = signers(&config, &plan)?;
    let own = Upstream::local(Service::GATEWAY, auth::router(Arc::clone(&auth)), Handle::current());
    upstreams.insert(0, own);

    let beside = pages(&plan, &upstreams, &auth, pool, &stop)?;
    let beside_upstream = Upstream::local("pages", beside::router(beside.clone()), Handle::current());
    let surface = Surface::new(Arc::clone(&plan), upstreams, beside_upstream);
    let metrics = Arc::new(Metrics::new(surface.names(), config.threads.get()));
    let limits = &plan.settings.limits;
    let conformance = Conformance::new(&plan, &tasks)?;
    let policies = Arc::new(limit::Limits::renewed(&limits.policies, None));
    policies.sweep_in(&tasks);
    let shared = Shared {
        surface,
        auth,
        signers,
        cors: Cors::new(&plan.settings.cors.origins),
        log: plan.settings.log.requests,
        base: serde_json::Value::from(plan.settings.public_origin.as_str()).to_string().into_bytes().into(),
        caps: Caps::new(limits.connections as usize, limits.connections_per_address as usize),
        limits: policies,
        conformance,
    };
    Ok(Gateway { shared: Arc::new(shared), metrics, tasks, stop, beside, config })
}

/// Closes idle connections of the service runtime's pool; the data-plane threads sweep their own.
async fn sweep(pool: Pool, end: CancellationToken) {
    let mut tick = tokio::time::interval(Pool::SWEEP_EVERY);
    while end.run_until_cancelled(tick.tick()).await.is_some() {
        pool.sweep();
    }
}

/// The upstreams of the plan's services, in its order, without the built-in one.
fn services(plan: &Plan, local: Vec<Upstream>) -> Result<Vec<Upstream>, BuildError> {
    let mut local: HashMap<String, Upstream> = local.into_iter().map(|one| (one.name().to_owned(), one)).collect();
    let connect = plan.settings.limits.upstream_connect_timeout;
    let mut upstreams = Vec::new();
    for service in plan.services.iter().filter(|service| service.kind != ServiceKind::BuiltIn) {
        upstreams.push(match local.remove(&service.name) {
            Some(local) => local,
            None => Upstream::remote_within(service.name.as_str(), &service.urls, connect)
                .map_err(|source| BuildError::Target { service: service.name.clone(), source })?,
        });
    }
    match local.into_keys().next() {
        Some(unknown) => Err(BuildError::UnknownService(unknown)),
        None => Ok(upstreams),
    }
}

/// The part that issues and verifies tokens.
fn authority(config: &Config, plan: &Plan, upstreams: &[Upstream], pool: &Pool) -> Result<Arc<Auth>, BuildError> {
    let (_, users) = plan.service_named(USERS).ok_or(BuildError::NoUsers)?;
    let upstream = upstreams.iter().find(|upstream| upstream.name() == USERS).ok_or(BuildError::NoUsers)?;
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
    Ok(Arc::new(Auth::new(auth, upstream.clone(), pool.clone(), signer(key, USERS), own)?))
}

fn signers(config: &Config, plan: &Plan) -> Result<Arc<[Signer]>, BuildError> {
    let key = config.internal_key.as_ref().ok_or(BuildError::NoInternalKey)?;
    Ok(plan.services.iter().map(|service| signer(key, &service.name)).collect())
}

fn signer(key: &InternalKey, service: &str) -> Signer {
    Signer::new(ISSUER, service, key.derive(ISSUER, service))
}

/// What stands beside the plan.
fn pages(
    plan: &Plan,
    upstreams: &[Upstream],
    auth: &Arc<Auth>,
    pool: Pool,
    stop: &CancellationToken,
) -> Result<Beside, BuildError> {
    let services = plan.services.iter().zip(upstreams);
    let asked = services.filter(|(service, _)| service.kind == ServiceKind::Contracted).map(|(_, one)| one.clone());
    let (auth, stop) = (Arc::clone(auth), stop.clone());
    Ok(Beside {
        site: Arc::new(ArcSwap::from_pointee(Site::new(plan)?)),
        services: Arc::new(Health { upstreams: asked.collect(), pool }),
        accepting: Arc::new(move || !stop.is_cancelled()),
        jwks: Arc::new(move || auth.jwks()),
    })
}

impl Gateway {
    /// Whether the signing key did not exist and was created.
    #[must_use]
    pub fn created_key(&self) -> bool {
        self.shared.auth.created_key()
    }

    /// The services' upstreams, by which a test can cut one off.
    #[must_use]
    pub fn upstream(&self, name: &str) -> Option<&Upstream> {
        self.shared.surface.upstreams.iter().find(|upstream| upstream.name() == name)
    }

    pub(crate) fn threads(&self) -> usize {
        self.config.threads.get()
    }

    pub(crate) fn listen(&self) -> SocketAddr {
        self.config.listen_address(&self.shared.surface.plan)
    }

    pub(crate) fn admin_listen(&self) -> SocketAddr {
        self.config.admin_address(&self.shared.surface.plan)
    }

    pub(crate) fn admin_router(&self) -> Router {
        let (metrics, shared) = (Arc::clone(&self.metrics), Arc::clone(&self.shared));
        let render = move || metrics.render() + &shared.limits.render() + &shared.conformance.render();
        beside::admin_router(self.beside.clone(), Arc::new(render))
    }
}
