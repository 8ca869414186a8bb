//! Asks the services whether they are ready, for `/healthz`.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::Request;
use upstream::{Pool, Upstream};

use crate::beside::{Asked, Services};

/// The services of the plan, asked from the service runtime.
pub(crate) struct Health {
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) pool: Pool,
}

impl Services for Health {
    fn names(&self) -> Vec<String> {
        self.upstreams.iter().map(|upstream| upstream.name().to_owned()).collect()
    }

    fn ask(&self, name: &str, within: Duration) -> Asked {
        let upstream = self.upstreams.iter().find(|upstream| upstream.name() == name).cloned();
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
