//! `/livez`: this process runs. `/readyz`: it takes requests. `/healthz`: how each service is.
//!
//! Only the last looks beyond this process: a gateway whose services are down still answers documents, keys and problem documents,
//! and taking it out of service would help nobody.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::future::{BoxFuture, join_all};
use http::header::CACHE_CONTROL;
use problem::{Code, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::Beside;

/// What a service said: nothing is wrong, or what is, as a word of RFC 9209 (`connection_refused` …) that names no host.
pub type Asked = BoxFuture<'static, Result<(), &'static str>>;

/// The services behind the gateway.
pub trait Services: Send + Sync {
    /// Their names, in the order of the configuration.
    fn names(&self) -> Vec<String>;

    /// Asks one of them whether it is ready (`GET /readyz`), within the given time.
    fn ask(&self, name: &str, within: Duration) -> Asked;

    /// How long each has to say that it is ready.
    fn patience(&self) -> Duration {
        Duration::from_secs(1)
    }
}

/// A probe that is fine.
#[derive(Serialize, ToSchema)]
pub(crate) struct Probe {
    #[schema(example = "ok")]
    status: &'static str,
}

const FINE: Probe = Probe { status: "ok" };

/// The gateway and every service behind it are well.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    #[schema(example = "ok")]
    status: &'static str,
    services: Vec<ServiceHealth>,
}

/// How one service is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ServiceHealth {
    /// The service's name.
    #[schema(example = "users")]
    name: String,
    /// `up` or `down`.
    #[schema(example = "up")]
    state: &'static str,
    /// Why it is down, as a `Proxy-Status` error type.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "connection_refused")]
    cause: Option<&'static str>,
}

/// The process runs
///
/// Says nothing about services: restart the process only if this stops to answer.
#[utoipa::path(get, path = "/livez", tag = "Operations",
    responses((status = 200, description = "The process runs.", body = Probe)))]
pub(crate) async fn livez() -> Response {
    uncached(Json(FINE))
}

/// The gateway takes requests
///
/// A service that is down does not make the gateway unready: everything else keeps working.
#[utoipa::path(get, path = "/readyz", tag = "Operations", responses(
    (status = 200, description = "Requests are welcome.", body = Probe),
    (status = 503, description = "`overloaded`: the gateway is shutting down.")))]
pub(crate) async fn readyz(State(beside): State<Beside>) -> Response {
    if (beside.accepting)() {
        return uncached(Json(FINE));
    }
    let problem = Problem::new(Code::Overloaded).with_detail("The gateway is shutting down.");
    problem.with_retry_after(Duration::from_secs(1)).into_response()
}

/// How each service is
///
/// Asks every service whether it is ready, all at once, and waits for at most one second. Requests that come meanwhile get the same
/// answer.
#[utoipa::path(get, path = "/healthz", tag = "Operations", responses(
    (status = 200, description = "All services are up.", body = Health),
    (status = 503, description = "`upstream_unavailable`: at least one service is down. The member `services` says which and why.")))]
pub(crate) async fn healthz(State(beside): State<Beside>) -> Response {
    let services = beside.round.ask(&beside.services).await;
    let down: Vec<&str> = services.iter().filter(|s| s.cause.is_some()).map(|s| s.name.as_str()).collect();
    if down.is_empty() {
        return uncached(Json(Health { status: FINE.status, services: services.to_vec() }));
    }
    let verb = if down.len() == 1 { "does" } else { "do" };
    let detail = format!("{} {verb} not respond.", down.join(", "));
    let services = serde_json::to_value(&*services).unwrap_or_default();
    Problem::new(Code::UpstreamUnavailable)
        .with_detail(detail)
        .with_member("services", services)
        .with_retry_after(Duration::from_secs(1))
        .into_response()
}

/// A question to all services, which goes past all that guards them otherwise: one at a time, however many ask.
#[derive(Debug, Default)]
pub struct Round(tokio::sync::Mutex<Option<(Instant, Arc<[ServiceHealth]>)>>);

impl Round {
    async fn ask(&self, services: &Arc<dyn Services>) -> Arc<[ServiceHealth]> {
        let came = Instant::now();
        let mut last = self.0.lock().await;
        match &*last {
            Some((ended, answer)) if *ended > came => Arc::clone(answer),
            _ => {
                let answer: Arc<[ServiceHealth]> = ask_all(services).await.into();
                *last = Some((Instant::now(), Arc::clone(&answer)));
                answer
            }
        }
    }
}

async fn ask_all(services: &Arc<dyn Services>) -> Vec<ServiceHealth> {
    let patience = services.patience();
    let asked = services.names().into_iter().map(|name| {
        let answer = services.ask(&name, patience);
        async move {
            let cause = match tokio::time::timeout(patience, answer).await {
                Ok(answer) => answer.err(),
                Err(_) => Some("http_response_timeout"),
            };
            ServiceHealth { name, state: if cause.is_none() { "up" } else { "down" }, cause }
        }
    });
    join_all(asked).await
}

fn uncached(answer: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "no-store")], answer).into_response()
}
