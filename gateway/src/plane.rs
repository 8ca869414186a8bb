//! One data-plane thread: what all its requests share, and nothing that another thread touches often.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use boot::Tasks;
use http::HeaderValue;
use principal::Signer;
use upstream::{Failure, Pool, Upstream};

use crate::auth::{Auth, Caller, TokenCache};
use crate::cache::Cache;
use crate::conformance::{Conformance, Sampling};
use crate::context::Context;
use crate::cors::Cors;
use crate::error::GatewayError;
use crate::guard::HeadLimits;
use crate::limit;
use crate::listener::{ConnectionLimits, Connections, Drain};
use crate::metrics::{Metrics, Shard};
use crate::network::Caps;
use crate::plan::{Limits, Route, ServiceId, Settings};
use crate::shed::Waiting;
use crate::surface::Surface;

/// What all threads share.
pub(crate) struct Shared {
    pub(crate) surface: Surface,
    pub(crate) auth: Arc<Auth>,
    /// One for each service of the plan, in its order.
    pub(crate) signers: Arc<[Signer]>,
    pub(crate) cors: Cors,
    pub(crate) log: bool,
    pub(crate) caps: Caps,
    /// Bodies that stream in.
    pub(crate) uploads: Caps,
    pub(crate) waiting: Arc<Waiting>,
    /// One for each policy of the plan, in its order.
    pub(crate) limits: Arc<limit::Limits>,
    /// The public origin, as JSON.
    pub(crate) base: Box<[u8]>,
    pub(crate) conformance: Conformance,
    pub(crate) cache: Arc<Cache>,
    pub(crate) metrics: Arc<Metrics>,
    /// Work that outlives its request.
    pub(crate) tasks: Tasks,
}

/// One data-plane thread.
pub(crate) struct Plane {
    pub(crate) shared: Arc<Shared>,
    pub(crate) drain: Arc<Drain>,
    pub(crate) metrics: Arc<Shard>,
    pub(crate) pool: Pool,
    /// Somebody about whom nothing is known.
    pub(crate) anonymous: Caller,
    /// Never contended: only this thread has it.
    pub(crate) tokens: Mutex<TokenCache>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) connection_limits: ConnectionLimits,
    pub(crate) head_limits: HeadLimits,
    pub(crate) sampling: Sampling,
}

impl Plane {
    pub(crate) fn new(shared: &Arc<Shared>, drain: &Arc<Drain>, metrics: &Arc<Shard>) -> Self {
        let limits = &shared.surface.plan.settings.limits;
        let tokens = TokenCache::new(shared.auth.gate(), Arc::clone(&shared.signers));
        Self {
            shared: Arc::clone(shared),
            drain: Arc::clone(drain),
            metrics: Arc::clone(metrics),
            pool: Pool::new(),
            anonymous: tokens.anonymous(),
            tokens: Mutex::new(tokens),
            connections: Arc::default(),
            connection_limits: connection_limits(limits),
            head_limits: head_limits(limits),
            sampling: Sampling::new(shared.surface.plan.routes.len()),
        }
    }

    /// The same thread by another plan: its connections stay; what it knows of tokens it learns again, because services may
    /// have other numbers.
    pub(crate) fn renewed(old: &Self, shared: &Arc<Shared>, metrics: &Arc<Shard>) -> Self {
        let fresh = Self::new(shared, &old.drain, metrics);
        Self { pool: old.pool.clone(), connections: Arc::clone(&old.connections), ..fresh }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.surface.plan.settings
    }

    pub(crate) fn surface(&self) -> &Surface {
        &self.shared.surface
    }

    /// What a service is told about a caller; none only for a service that the plan does not have.
    pub(crate) fn assertion(
        &self,
        caller: &Caller,
        service: ServiceId,
        roles: &[String],
        now_ms: i64,
    ) -> Option<HeaderValue> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.assertion(caller, service, roles, now_ms)
    }

    /// What the service of a route is told about a caller.
    pub(crate) fn assertion_for(&self, caller: &Caller, route: &Route, context: &Context) -> Option<HeaderValue> {
        let now = i64::try_from(context.wall_ms).unwrap_or(i64::MAX);
        self.assertion(caller, route.target.service(), &route.assert_roles, now)
    }

    /// The public origin as JSON, which programs know as `$base`.
    pub(crate) fn base(&self) -> &[u8] {
        &self.shared.base
    }

    /// Whether what this peer says of its clients is believed.
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        let trusted = &self.settings().trusted_proxies;
        !trusted.is_empty() && trusted.contains(&peer.to_canonical())
    }

    pub(crate) fn upstream_error(&self, upstream: &Upstream, failure: Failure) -> GatewayError {
        GatewayError::Upstream {
            service: upstream.name().into(),
            failure,
            timeout_status: self.settings().timeout_status,
        }
    }
}

fn connection_limits(limits: &Limits) -> ConnectionLimits {
    let millis = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    ConnectionLimits {
        first_byte: millis(limits.first_byte_timeout),
        head: millis(limits.head_timeout),
        keep_alive: millis(limits.keep_alive_timeout),
        body_idle: millis(limits.body_idle_timeout),
    }
}

fn head_limits(limits: &Limits) -> HeadLimits {
    let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    HeadLimits { bytes: size(limits.head_bytes), fields: limits.head_fields as usize, target: size(limits.uri_bytes) }
}
