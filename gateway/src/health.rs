//! Asks the services whether they are ready, for `/healthz`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::Request;
use upstream::{Pool, Upstream};

use crate::beside::{Asked, Services};

/// The services of the plan, asked from the service runtime.
pub(crate) struct Health {
    upstreams: ArcSwap<Vec<Upstream>>,
    pool: Pool,
}

impl Health {
    /// Knows no service yet.
    pub(crate) fn new(pool: Pool) -> Self {
        Self { upstreams: ArcSwap::default(), pool }
    }

    /// From now on these are asked.
    pub(crate) fn follow(&self, upstreams: Vec<Upstream>) {
        self.upstreams.store(Arc::new(upstreams));
    }
}

impl Services for Health {
    fn names(&self) -> Vec<String> {
        self.upstreams.load().iter().map(|upstream| upstream.name().to_owned()).collect()
    }

    fn ask(&self, name: &str, within: Duration) -> Asked {
        let upstream = self.upstreams.load().iter().find(|upstream| upstream.name() == name).cloned();
        let pool = self.pool.clone();
        async move {
            let upstream = upstream.ok_or("destination_not_found")?;
            let mut request = Request::new(Bytes::new());
            *request.uri_mut() = http::Uri::from_static("/readyz");
            match upstream.call(&pool, request, Instant::now() + within).await {
                Ok(answer) if answer.status().is_success() => Ok(()),
                Ok(_) => Err("destination_unavailable"),
                Err(failure) => Err(failure.proxy_status()),
            }
        }
        .boxed()
    }
}
