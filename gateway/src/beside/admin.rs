//! The admin listener: metrics and probes, for operators and orchestrators, never on the public port.

use std::sync::Arc;

use axum::{Router, response::IntoResponse, routing::get};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use super::{Beside, finish, probes};

/// The paths of the admin listener. `metrics` writes the text of `/metrics` in Prometheus' format; `changes` are the paths
/// by which something is done.
pub fn admin_router(beside: Beside, metrics: Arc<dyn Fn() -> String + Send + Sync>, changes: Router) -> Router {
    let text = move || {
        let metrics = Arc::clone(&metrics);
        async move {
            let headers = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (CACHE_CONTROL, "no-store")];
            (headers, metrics()).into_response()
        }
    };
    let router = Router::new()
        .route("/metrics", get(text))
        .route("/livez", get(probes::livez))
        .route("/readyz", get(probes::readyz))
        .route("/healthz", get(probes::healthz));
    finish(router.merge(changes.with_state(())), beside)
}
