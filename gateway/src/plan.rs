//! The public surface as data: files and contracts, compiled into one checked and immutable [`Plan`].
//!
//! A plan exists only if everything in it fits together: each route names an operation of a contract and binds its path
//! parameters, no two routes collide, every key of every file is known. What does not fit is reported all at once, by file,
//! line and column ([`Mistakes`]). Nothing here asks a service anything, so a plan can be proven with every service down.

mod bounds;
mod caching;
mod check;
mod composition;
mod contract;
mod derive;
mod explain;
mod file;
mod mistakes;
mod policy;
mod predict;
pub(crate) mod query;
mod read;
mod route;
mod schema;
mod service;
mod settings;
mod sources;

pub use bounds::{Bounds, Breach, Hold};
pub use caching::{CacheClaim, Caching, Scope, Tag, TagPiece};
pub use composition::{
    Binding, Claim, Composition, Doc, ErrorRule, FieldSource, Finish, Join, MAIN, Need, Parameter, Part, Place, Shape,
    Source,
};
pub use contract::{Contract, ContractMode, Operation, OperationParameter};
pub(crate) use derive::{add_beside, at_parent, schema_at};
pub use mistakes::{Mistake, Mistakes, SourceSpan};
pub use policy::{Partition, Policy, PolicyId, Rate};
pub use predict::{Lost, Prediction};
pub use route::{Access, PathPiece, Route, RouteId, Successor, Target, TokenRule};
pub use service::{Service, ServiceId, ServiceKind};
pub use settings::{Auth, Cache, Cookie, Cors, Limits, Listen, Log, Settings, Shutdown};
pub use sources::Sources;

use crate::routes::Table;

/// Everything that the gateway knows of its public surface: built once, never changed, swapped whole.
#[derive(Debug)]
pub struct Plan {
    /// What `gateway.toml` sets for the whole gateway.
    pub settings: Settings,
    /// The services; the built-in one, `gateway`, is always the first.
    pub services: Vec<Service>,
    /// The routes, in the order of their files.
    pub routes: Vec<Route>,
    /// The same routes, compiled for finding one by method and path.
    pub table: Table,
    /// The variables that the files refer to.
    pub variables: Vec<String>,
}

impl Plan {
    /// Reads, checks and compiles a configuration. No service is asked anything.
    ///
    /// # Errors
    ///
    /// Every mistake that it has.
    pub fn load(sources: &Sources) -> Result<Self, Mistakes> {
        let mistakes = read::Collector::new(sources.variables.clone());
        let files = file::read(sources, &mistakes);
        let mut plan = check::check(files, sources, &mistakes);
        if let Some(plan) = &mut plan {
            plan.variables = mistakes.asked();
        }
        Mistakes::refuse(mistakes.into_mistakes())?;
        plan.ok_or_else(Mistakes::unexplained)
    }

    /// The service of `id`, which is an id of this plan.
    #[must_use]
    pub fn service(&self, id: ServiceId) -> &Service {
        &self.services[usize::from(id.0)]
    }

    /// The service of that name.
    #[must_use]
    pub fn service_named(&self, name: &str) -> Option<(ServiceId, &Service)> {
        let index = self.services.iter().position(|service| service.name == name)?;
        Some((ServiceId(u16::try_from(index).ok()?), &self.services[index]))
    }

    /// The route of `id`, as [`Table::find`] of this plan's table gave it.
    #[must_use]
    pub fn route(&self, id: RouteId) -> &Route {
        &self.routes[usize::from(id.0)]
    }

    /// How often one caller may call a route, if that is limited.
    #[must_use]
    pub fn policy(&self, route: &Route) -> Option<&Policy> {
        self.settings.limits.policies.get(route.limit?.0)
    }

    /// The operation behind a route; a proxy has none.
    #[must_use]
    pub fn operation(&self, route: &Route) -> Option<&Operation> {
        match &route.target {
            Target::Operation { service, operation, .. } => self.service(*service).contract.operation(operation),
            Target::Parts | Target::Proxy { .. } => None,
        }
    }
}
