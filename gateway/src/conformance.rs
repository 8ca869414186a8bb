//! Whether the answers of services are as their contracts say.
//!
//! What a service declares of an operation, its statuses, media types and schemas, is compiled once ([`Rules`]) for the
//! operations of routes that ask for it (`contract = "sample" | "warn" | "enforce"`). Guarantees:
//!
//! * A route without that key pays one look into a list.
//! * `sample` and `warn` never delay or change an answer: its head is judged where it passes, its body is copied as it
//!   is sent (clones of `Bytes`, at most [`LIMIT`]) and judged by a task of the service runtime ([`inspector`]). What that
//!   task has no room for is dropped and counted.
//! * `enforce` sends nothing before all of it has been judged; what is wrong becomes a 502 `contract_violation`, and
//!   nothing of it reaches the client.
//! * What is counted and logged names the operation, the kind and the place ([`Violation`](violation::Violation)), never a value.

pub(crate) mod drift;

mod inspection;
mod inspector;
mod part;
mod rules;
mod sampling;
mod tally;
mod tap;
mod violation;
mod watched;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use boot::Tasks;
use http::Method;
use tokio::sync::Semaphore;

use crate::build::BuildError;
use crate::plan::{ContractMode, Plan, ServiceId, Target};
pub(crate) use inspection::Inspection;
use inspector::Inspector;
pub(crate) use rules::{Rules, streamed};
pub(crate) use sampling::Sampling;
pub(crate) use tap::Tap;
use watched::Watched;

/// The largest body that is inspected: what a JSON answer of a page stays far below, and what may be held in memory for
/// every request that waits.
pub(crate) const LIMIT: usize = 1024 * 1024;

/// Bodies up to this are judged where they are: it takes less than handing them to another thread would.
const INLINE: usize = 64 * 1024;

/// Everything that is inspected, for all routes and (as composition needs it) all parts.
#[derive(Debug)]
pub(crate) struct Conformance {
    watched: Vec<Arc<Watched>>,
    routes: Vec<Option<(ContractMode, Arc<Watched>)>>,
    inspector: Inspector,
    /// Large bodies that are judged at the same time, on threads beside the data plane.
    large: Semaphore,
}

impl Conformance {
    /// Compiles what the plan wants to have inspected, and starts the task that inspects it.
    ///
    /// # Errors
    ///
    /// A schema that cannot be used; a plan that was loaded has none.
    pub(crate) fn new(plan: &Plan, tasks: &Tasks) -> Result<Self, BuildError> {
        let (inspector, jobs) = Inspector::new();
        let mut conformance =
            Self { watched: Vec::new(), routes: Vec::new(), inspector, large: Semaphore::new(processors()) };
        for route in &plan.routes {
            let watched = match (&route.target, route.contract) {
                (_, ContractMode::Off) | (Target::Proxy { .. } | Target::Parts, _) => None,
                (Target::Operation { service, operation, .. }, mode) => {
                    Some((mode, conformance.watch(plan, *service, operation)?))
                }
            };
            conformance.routes.push(watched);
            let parts = route.composition.iter().flat_map(|composition| &composition.parts);
            for part in parts.filter(|_| route.contract != ContractMode::Off) {
                conformance.watch(plan, part.service, &part.operation)?;
            }
        }
        if !conformance.watched.is_empty() {
            tasks.spawn("conformance", inspector::run(jobs, tasks.token()));
        }
        Ok(conformance)
    }

    fn watch(&mut self, plan: &Plan, service: ServiceId, operation: &str) -> Result<Arc<Watched>, BuildError> {
        if let Some(known) = self.watched(service, operation) {
            return Ok(Arc::clone(known));
        }
        let watched = Arc::new(Watched::new(plan, service, operation).map_err(BuildError::Contract)?);
        self.watched.push(Arc::clone(&watched));
        Ok(watched)
    }

    fn watched(&self, service: ServiceId, operation: &str) -> Option<&Arc<Watched>> {
        self.watched.iter().find(|watched| watched.service_id == service && *watched.operation == *operation)
    }

    /// How the answer to this request is to be inspected, if it is. `route` is the index of the route in the plan.
    pub(crate) fn inspection<'c>(
        &'c self,
        route: usize,
        method: &Method,
        sampling: &'c Sampling,
    ) -> Option<Inspection<'c>> {
        let (mode, watched) = self.routes.get(route)?.as_ref()?;
        Some(Inspection {
            conformance: self,
            watched,
            enforced: *mode == ContractMode::Enforce,
            sample: (*mode == ContractMode::Sample).then_some((sampling, route)),
            is_head: method == Method::HEAD,
        })
    }

    /// What was inspected and what was wrong, in Prometheus' text format.
    pub(crate) fn render(&self) -> String {
        tally::render(&self.watched)
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}
