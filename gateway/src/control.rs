//! What an operator sees and does, on the admin listener: metrics, probes, another configuration, what is kept of answers.
//!
//! What changes something wants the field `Agora-Admin`: a page in a browser on this machine cannot send it without being
//! allowed to, and nobody allows it.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderName, HeaderValue, StatusCode};
use problem::{Code, Problem};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::beside;
use crate::live::Live;
use crate::resilience;

/// The field without which nothing is changed.
pub(crate) const ADMIN: HeaderName = HeaderName::from_static("agora-admin");

/// The paths of the admin listener.
pub(crate) fn router(live: &Arc<Live>) -> Router {
    let changes = Router::new()
        .route("/reload", post(reload))
        .route("/cache", get(stats).delete(purge))
        .layer(from_fn(meant))
        .with_state(Arc::clone(live));
    let metrics = Arc::clone(live);
    let render = move || render(&metrics);
    beside::admin_router(live.parts.beside.clone(), Arc::new(render), changes).layer(from_fn(named))
}

fn render(live: &Live) -> String {
    let shared = live.shared();
    let services = resilience::render(&shared.surface.upstreams, &shared.waiting);
    shared.metrics.render()
        + &shared.cache.render()
        + &shared.limits.render()
        + &services
        + &shared.conformance.render()
}

/// Gives a request its name: there is no data plane in front that has done so.
async fn named(mut request: Request, next: Next) -> Response {
    let Ok(name) = HeaderValue::from_str(&Uuid::now_v7().simple().to_string()) else { return next.run(request).await };
    request.headers_mut().insert(problem::REQUEST_ID, name.clone());
    let mut response = next.run(request).await;
    response.headers_mut().insert(problem::REQUEST_ID, name);
    response
}

/// Lets through what is meant to be done.
async fn meant(request: Request, next: Next) -> Response {
    if request.method().is_safe() || request.headers().contains_key(ADMIN) {
        return next.run(request).await;
    }
    Problem::new(Code::Forbidden)
        .with_detail(format!("What changes something needs the field `{ADMIN}`."))
        .into_response()
}

async fn reload(State(live): State<Arc<Live>>) -> Response {
    // Reading and checking files takes its time, which other requests to this runtime do not wait for.
    let reloaded = tokio::task::spawn_blocking(move || live.reload()).await;
    match reloaded {
        Ok(Ok(summary)) => Json(json!({ "summary": summary })).into_response(),
        Ok(Err(error)) => Problem::new(Code::Conflict).with_detail(error.to_string()).into_response(),
        Err(_panicked) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn stats(State(live): State<Arc<Live>>) -> Response {
    Json(live.shared().cache.stats()).into_response()
}

/// What is to be forgotten: one of a group, a path, or everything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Purge {
    tag: Option<String>,
    path: Option<String>,
    #[serde(default)]
    all: bool,
}

async fn purge(State(live): State<Arc<Live>>, purge: Result<Query<Purge>, QueryRejection>) -> Response {
    let cache = Arc::clone(&live.shared().cache);
    match purge.map(|Query(purge)| (purge.tag, purge.path, purge.all)) {
        Ok((Some(tag), None, false)) if !tag.is_empty() => cache.purge_tag(&tag),
        Ok((None, Some(path), false)) if path.starts_with('/') && !path.contains(['?', '#']) => cache.purge_path(&path),
        Ok((None, None, true)) => cache.purge_all(),
        _ => {
            let detail =
                "Say what is to be forgotten: one of `tag=NAME`, `path=/PATH` without a query, and `all=true`.";
            return Problem::new(Code::InvalidParameter).with_detail(detail).into_response();
        }
    }
    StatusCode::NO_CONTENT.into_response()
}
