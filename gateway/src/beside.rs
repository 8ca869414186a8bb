//! What stands beside the plan: probes, documents, the pages of problem codes, what a web front end needs to know. None of it asks a
//! service for anything but whether it is ready, so all of it answers while every service is down.
//!
//! [`router`] serves the public paths ([`serves`] says which), [`admin_router`] the paths of the admin listener. Whatever else
//! reaches either is answered with a problem document.

pub(crate) mod admin;
pub(crate) mod contract;
pub(crate) mod describe;
pub(crate) mod page;
pub(crate) mod probes;
pub(crate) mod problems;
pub(crate) mod site;

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::{
    Router, middleware,
    routing::{MethodRouter, get},
};
use bytes::Bytes;

pub use self::{
    admin::admin_router,
    probes::{Asked, Round, Services},
    site::Site,
};
use crate::documents::pages;

/// What the handlers need. Cheap to clone.
#[derive(Clone)]
pub struct Beside {
    /// Everything that follows from the plan; swapped whole when the plan is.
    pub site: Arc<ArcSwap<Site>>,
    /// Knows the services and can ask each whether it is ready.
    pub services: Arc<dyn Services>,
    /// Those who ask how the services are, together.
    pub round: Arc<Round>,
    /// Whether new requests are welcome: false while the gateway drains.
    pub accepting: Arc<dyn Fn() -> bool + Send + Sync>,
    /// The public keys, as a JSON Web Key Set.
    pub jwks: Arc<dyn Fn() -> Bytes + Send + Sync>,
}

impl std::fmt::Debug for Beside {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Beside").finish_non_exhaustive()
    }
}

/// Every path that is served beside the plan, as a route template. A route of the plan must not take one of them.
pub const PATHS: &[&str] = &[
    "/",
    "/api/v1",
    "/api/v1/meta",
    "/config.json",
    "/docs",
    "/docs/{asset}",
    "/redoc",
    "/redoc/{asset}",
    "/openapi.json",
    "/openapi.yaml",
    "/problems",
    "/problems/{code}",
    "/.well-known/jwks.json",
    "/livez",
    "/readyz",
    "/healthz",
    "/version",
];

/// Whether a request for this path is answered here rather than by a route of the plan, whatever its method.
#[must_use]
pub fn serves(path: &str) -> bool {
    let path = path.strip_suffix('/').filter(|shorter| !shorter.is_empty() && *shorter != "/").unwrap_or(path);
    PATHS.iter().any(|template| match template.split_once('{') {
        None => path == *template,
        Some((prefix, _)) => path.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && !rest.contains('/')),
    })
}

/// The public paths beside the plan.
pub fn router(beside: Beside) -> Router {
    let routes: [(&str, MethodRouter<Beside>); 16] = [
        ("/api/v1", get(describe::index)),
        ("/api/v1/meta", get(describe::meta)),
        ("/config.json", get(describe::config)),
        ("/docs", get(pages::swagger::page)),
        ("/docs/{asset}", get(pages::docs_asset)),
        ("/redoc", get(pages::redoc::page)),
        ("/redoc/{asset}", get(pages::redoc_asset)),
        ("/openapi.json", get(describe::openapi_json)),
        ("/openapi.yaml", get(describe::openapi_yaml)),
        ("/problems", get(problems::index)),
        ("/problems/{code}", get(problems::show)),
        ("/.well-known/jwks.json", get(describe::jwks)),
        ("/livez", get(probes::livez)),
        ("/readyz", get(probes::readyz)),
        ("/healthz", get(probes::healthz)),
        ("/version", get(describe::version)),
    ];
    let router = routes.into_iter().fold(Router::new(), |router, (path, method)| {
        router.route(path, method.clone()).route(&format!("{path}/"), method)
    });
    finish(router.route("/", get(page::front)), beside)
}

/// What every router here ends with: problem documents for what it does not have.
fn finish(router: Router<Beside>, beside: Beside) -> Router {
    router
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(middleware::from_fn(problem::complete))
        .with_state(beside)
}

#[cfg(test)]
mod tests;
