//! What serves now, and how another plan takes its place while requests go on.
//!
//! A plan is read, checked and built as a whole before anything changes, and any failure leaves everything as it was. Then
//! each data-plane thread is given another [`Plane`]; a request keeps the one that it began with. What is kept of answers,
//! the guards of services that did not change, counters, connections and sessions outlive the plan.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use boot::{CancellationToken, Tasks};
use upstream::{Policy, Pool, Upstream};

use crate::auth::Auth;
use crate::beside::{Beside, Site};
use crate::build::{self, BuildError};
use crate::cache::Cache;
use crate::config::Config;
use crate::conformance::Conformance;
use crate::cors::Cors;
use crate::health::Health;
use crate::limit;
use crate::metrics::Metrics;
use crate::network::Caps;
use crate::plan::{Mistakes, Plan, Service, ServiceKind, Settings, Sources};
use crate::plane::{Plane, Shared};
use crate::resilience;
use crate::shed::Waiting;
use crate::surface::Surface;

/// The place of a data-plane thread's plane.
pub(crate) struct Slot(ArcSwap<Plane>);

impl Slot {
    pub(crate) fn new(plane: Arc<Plane>) -> Self {
        Self(ArcSwap::new(plane))
    }

    /// The plane for a request that begins now.
    pub(crate) fn current(&self) -> Arc<Plane> {
        self.0.load_full()
    }
}

/// What every plan of this process shares.
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) tasks: Tasks,
    pub(crate) stop: CancellationToken,
    pub(crate) pool: Pool,
    pub(crate) auth: Arc<Auth>,
    /// Services that are not reached by the URLs of the plan.
    pub(crate) local: HashMap<String, Upstream>,
    pub(crate) own: Upstream,
    pub(crate) beside: Beside,
    pub(crate) health: Arc<Health>,
    pub(crate) beside_upstream: Upstream,
}

/// What serves now.
pub(crate) struct Live {
    pub(crate) parts: Parts,
    current: ArcSwap<Current>,
    slots: Mutex<Vec<Arc<Slot>>>,
    /// The files, if there are any that can be read again.
    files: Mutex<Option<Sources>>,
    /// One reload at a time.
    turn: Mutex<()>,
}

struct Current {
    shared: Arc<Shared>,
    /// Ends the tasks that belong to this plan alone.
    _end: tokio_util::sync::DropGuard,
}

impl fmt::Debug for Live {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Live").field("config", &self.parts.config).finish_non_exhaustive()
    }
}

/// Why a plan was not taken; what served before serves on.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// There are no files that could be read again.
    #[error("this gateway's configuration is compiled into it; start it with --config DIR to be able to change it")]
    Compiled,
    /// The files are wrong.
    #[error("the files are wrong, so nothing has changed:\n{0}")]
    Mistakes(#[from] Mistakes),
    /// The plan does not make a gateway.
    #[error("nothing has changed: {0}")]
    Build(#[from] BuildError),
    /// Something changed that is read at the start only.
    #[error("nothing has changed: {} at the start only; restart to change it", listed(.0))]
    Restart(Vec<&'static str>),
}

fn listed(settings: &[&'static str]) -> String {
    format!("{} {} read", settings.join(", "), if settings.len() == 1 { "is" } else { "are" })
}

impl Live {
    /// Builds the first plan.
    pub(crate) fn new(parts: Parts, plan: Plan) -> Result<Self, BuildError> {
        let current = current(&parts, Arc::new(plan), None)?;
        Ok(Self {
            parts,
            current: ArcSwap::from_pointee(current),
            slots: Mutex::default(),
            files: Mutex::new(None),
            turn: Mutex::default(),
        })
    }

    /// Tells everybody of the first plan who is told of all others.
    pub(crate) fn start(&self) {
        self.tell(&self.shared());
    }

    /// What all threads share now.
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.current.load().shared)
    }

    /// From now on a thread serves with this plane, and with those that come after it.
    pub(crate) fn enter(&self, plane: Plane) -> Arc<Slot> {
        let slot = Arc::new(Slot::new(Arc::new(plane)));
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&slot));
        slot
    }

    pub(crate) fn rereads(&self, sources: Sources) {
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = Some(sources).filter(Sources::can_change);
    }

    /// Reads the files again and serves by them from now on. Says what there is now. Blocks while it reads and checks.
    ///
    /// # Errors
    ///
    /// [`ReloadError`]; then nothing has changed.
    pub(crate) fn reload(&self) -> Result<String, ReloadError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let reloaded = self.read_again();
        match &reloaded {
            Ok(summary) => tracing::info!(summary, "the configuration was read again"),
            Err(error) => tracing::error!(%error, "the configuration was read again and not taken"),
        }
        reloaded
    }

    fn read_again(&self) -> Result<String, ReloadError> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let plan = Plan::load(&files.ok_or(ReloadError::Compiled)?)?;
        let old = self.shared();
        let fixed = fixed(&old.surface.plan.settings, &plan.settings);
        if !fixed.is_empty() {
            return Err(ReloadError::Restart(fixed));
        }
        let site = Site::new(&plan).map_err(BuildError::from)?;
        let next = current(&self.parts, Arc::new(plan), Some(&old))?;
        let summary = next.shared.surface.plan.summary();
        self.take(next, site);
        Ok(summary)
    }

    /// From here on nothing can fail.
    fn take(&self, next: Current, site: Site) {
        let shared = Arc::clone(&next.shared);
        self.parts.beside.site.store(Arc::new(site));
        self.tell(&shared);
        for (slot, shard) in
            self.slots.lock().unwrap_or_else(PoisonError::into_inner).iter().zip(shared.metrics.shards())
        {
            slot.0.store(Arc::new(Plane::renewed(&slot.current(), &shared, shard)));
        }
        self.current.store(Arc::new(next));
    }

    /// Those who call services themselves call those of this plan.
    fn tell(&self, shared: &Shared) {
        self.parts.health.follow(asked(&shared.surface));
        if let Some((id, users)) = shared.surface.plan.service_named(build::USERS)
            && let Some(upstream) = shared.surface.upstreams.get(usize::from(id.0))
        {
            self.parts.auth.follow_users(upstream.clone(), users.timeout);
        }
    }
}

/// The services that are asked whether they are ready.
fn asked(surface: &Surface) -> Vec<Upstream> {
    let services = surface.plan.services.iter().zip(&surface.upstreams);
    let asked = services.filter(|(service, _)| service.kind == ServiceKind::Contracted);
    // Whoever asks whether a service is well wants to hear it from the service; and that is no reason to leave it alone.
    asked.map(|(_, one)| one.with_policy(Policy::unguarded())).collect()
}

/// The settings that differ and are read at the start only.
fn fixed(old: &Settings, new: &Settings) -> Vec<&'static str> {
    let connections = |settings: &Settings| {
        let limits = &settings.limits;
        (limits.connections, limits.connections_per_address, limits.uploads_per_address)
    };
    let differs = [
        ("[listen]", old.listen != new.listen),
        ("[auth]", old.auth != new.auth),
        ("[cors]", old.cors != new.cors),
        ("[shutdown]", old.shutdown != new.shutdown),
        ("`timeout_status`", old.timeout_status != new.timeout_status),
        ("the number of connections and uploads", connections(old) != connections(new)),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// What a plan makes of the parts, and of what served before.
fn current(parts: &Parts, plan: Arc<Plan>, old: Option<&Shared>) -> Result<Current, BuildError> {
    let end = parts.stop.child_token();
    let upstreams = upstreams(parts, &plan, old)?;
    let signers = build::signers(&parts.config, &plan)?;
    let surface = Surface::new(Arc::clone(&plan), upstreams, parts.beside_upstream.clone());
    let metrics = Metrics::renewed(surface.names(), parts.config.threads.get(), old.map(|old| &*old.metrics));
    let settings = &plan.settings;
    let limits = &settings.limits;
    let policies = Arc::new(limit::Limits::renewed(&limits.policies, old.map(|old| &*old.limits)));
    policies.sweep_in(&parts.tasks);
    let same_cache = old.filter(|old| old.cache.budget() == settings.cache.bytes);
    let same_waiting = old.filter(|old| old.waiting.most() == limits.requests_in_flight as usize);
    let caps = || Caps::new(limits.connections as usize, limits.connections_per_address as usize);
    let uploads = || Caps::new(usize::MAX, limits.uploads_per_address as usize);
    let shared = Shared {
        auth: Arc::clone(&parts.auth),
        signers,
        cors: Cors::new(&settings.cors.origins),
        log: settings.log.requests,
        base: serde_json::Value::from(settings.public_origin.as_str()).to_string().into_bytes().into(),
        caps: old.map_or_else(caps, |old| old.caps.clone()),
        uploads: old.map_or_else(uploads, |old| old.uploads.clone()),
        waiting: same_waiting
            .map_or_else(|| Arc::new(Waiting::new(limits.requests_in_flight as usize)), |old| Arc::clone(&old.waiting)),
        limits: policies,
        conformance: Conformance::new(&plan, &parts.tasks)?,
        cache: same_cache.map_or_else(
            || Arc::new(Cache::new(settings.cache.bytes, old.map(|old| &*old.cache))),
            |old| Arc::clone(&old.cache),
        ),
        tasks: parts.tasks.clone(),
        metrics: Arc::new(metrics),
        surface,
    };
    resilience::watch(&plan, &shared.surface.upstreams, &parts.pool, &parts.tasks, &end);
    Ok(Current { shared: Arc::new(shared), _end: end.drop_guard() })
}

/// Whether what is known of a service's targets still counts. What a check found does not, where the check is another one: a
/// target that failed it would be left alone for as long as there is none.
fn is_same(before: &Service, service: &Service) -> bool {
    before.urls == service.urls && before.policy == service.policy && before.health == service.health
}

/// What was given to the gateway, and is already as the first plan has it, as this plan has it.
fn guarded(given: &Upstream, before: Option<(&Service, &Upstream)>, service: &Service) -> Upstream {
    match before {
        None => given.clone(),
        Some((before, upstream)) if before.policy == service.policy => upstream.clone(),
        Some(_) => given.with_policy(service.policy.clone()),
    }
}

/// The upstreams of the plan's services, in its order: those that did not change are the same, with all that they know of
/// how their targets are.
fn upstreams(parts: &Parts, plan: &Plan, old: Option<&Shared>) -> Result<Vec<Upstream>, BuildError> {
    let connect = plan.settings.limits.upstream_connect_timeout;
    let before = |name: &str| {
        let surface = &old?.surface;
        let (id, service) = surface.plan.service_named(name)?;
        Some((service, surface.upstreams.get(usize::from(id.0))?))
    };
    let same_time = old.is_some_and(|old| old.surface.plan.settings.limits.upstream_connect_timeout == connect);
    let known = |name: &str| before(name).filter(|_| same_time);
    let mut upstreams = Vec::new();
    for service in &plan.services {
        upstreams.push(match (service.kind, parts.local.get(&service.name), known(&service.name)) {
            (ServiceKind::BuiltIn, ..) => parts.own.clone(),
            (_, Some(given), _) => guarded(given, before(&service.name), service),
            (_, None, Some((before, upstream))) if is_same(before, service) => upstream.clone(),
            _ => build::remote(service, connect)?,
        });
    }
    Ok(upstreams)
}
