//! What a service hands over to be served.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::Router;

use crate::{Tasks, surface};

type Check = dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync;

/// Where every service answers with its own OpenAPI document, to callers whom it answers at all.
///
/// It belongs among a service's routes, behind the check of the assertion, and not beside the probes: an operator who has
/// the deployment's key can compare a running service with its pin (`gateway check --live`), a stranger learns nothing.
pub const CONTRACT_PATH: &str = "/openapi.json";

/// A service: its routes, whether it can work, and what it does in the background.
#[derive(Clone, Debug)]
pub struct App {
    /// The name in log lines and spans.
    pub name: &'static str,
    /// The service's own routes, without probes.
    pub router: Router,
    /// Whether it could answer now; what `/readyz` says.
    pub ready: Ready,
    /// Its background work.
    pub tasks: Tasks,
}

impl App {
    /// An app that is always ready and has no background work yet.
    pub fn new(name: &'static str, router: Router) -> Self {
        Self { name, router, ready: Ready::always(), tasks: Tasks::new() }
    }

    /// The router as it is served, whatever carries the requests to it.
    ///
    /// Around the service's routes it puts the probes `/livez` and `/readyz`, a span with the request id, and the promise that a
    /// panic is a 500 problem document. [`serve`](crate::serve()) uses it, and so does an in-process upstream: that is why a service
    /// answers the same in both.
    pub fn service(&self) -> Router {
        surface::around(self.name, self.router.clone(), self.ready.clone())
    }
}

/// Whether a service could answer now.
#[derive(Clone)]
pub struct Ready {
    check: Arc<Check>,
    draining: Arc<AtomicBool>,
}

impl Ready {
    /// Ready when `check` says so. An `Err` is a sentence that is safe to show.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let ready = boot::Ready::new(|| async { Err("the database does not answer".to_owned()) });
    /// assert_eq!(ready.check().await, Err("the database does not answer".to_owned()));
    /// # }
    /// ```
    pub fn new<F, R>(check: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), String>> + Send + 'static,
    {
        let check: Arc<Check> = Arc::new(move || Box::pin(check()));
        Self { check, draining: Arc::default() }
    }

    /// Ready as long as the process lives.
    pub fn always() -> Self {
        Self::new(|| async { Ok(()) })
    }

    /// Asks. An app that drains is not ready, whatever its check says.
    pub async fn check(&self) -> Result<(), String> {
        if self.draining.load(Ordering::Relaxed) {
            return Err("it is shutting down".to_owned());
        }
        (self.check)().await
    }

    /// From now on not ready: a load balancer may look elsewhere.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Ready").field("draining", &self.draining).finish_non_exhaustive()
    }
}
