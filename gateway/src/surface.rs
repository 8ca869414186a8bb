//! The plan as the data plane uses it: everything a request needs of its route, looked up once and laid out flat.

use std::sync::Arc;
use std::time::Duration;

use http::uri::PathAndQuery;
use http::{HeaderValue, Method, StatusCode};
use serde_json::Value;
use upstream::Upstream;

use crate::compose::Prepared;
use crate::fields::Receiver;
use crate::form::Renames;
use crate::metrics::Names;
use crate::places::{OriginPlaces, Places};
use crate::plan::{Composition, PathPiece, Plan, Route, RouteId, ServiceKind, Target};
use crate::routes::{Found, Parameters};

/// The label of requests that are answered beside the plan, or for which there is no route.
const BESIDE: &str = "beside the plan";

/// A plan and the upstreams behind it.
#[derive(Debug)]
pub(crate) struct Surface {
    pub(crate) plan: Arc<Plan>,
    /// One for each service of the plan, in its order.
    pub(crate) upstreams: Vec<Upstream>,
    /// What stands beside the plan.
    pub(crate) beside: Upstream,
    /// Where clients find what services say where it is.
    pub(crate) places: Places,
    routes: Vec<Compiled>,
    beside_label: Arc<str>,
}

/// One route, ready to be taken.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) service: usize,
    pub(crate) service_name: Arc<str>,
    pub(crate) receiver: Receiver,
    /// What the plan decided: the route's own, or the smaller of the default and what its service allows.
    pub(crate) timeout: Duration,
    /// Whether a 5xx counts for the breaker of its service.
    pub(crate) breaker: bool,
    pub(crate) label: Arc<str>,
    errors: Vec<(StatusCode, String)>,
    form: Option<Renames>,
    path: Path,
    /// What the public path has before the service's own, where that is all the difference.
    prefix: Option<HeaderValue>,
    /// Where clients find what its origin names, if that is where it goes.
    pub(crate) origin_places: Option<OriginPlaces>,
    /// The method of the operation.
    method: Option<Method>,
    /// What a composed route needs beside its composition.
    pub(crate) prepared: Option<Prepared>,
    /// The same of what it does for the viewer alone.
    pub(crate) late: Option<Prepared>,
}

#[derive(Debug)]
enum Path {
    Pieces(Vec<PathPiece>),
    Whole { strip: usize },
}

impl Surface {
    pub(crate) fn new(plan: Arc<Plan>, upstreams: Vec<Upstream>, beside: Upstream) -> Self {
        let routes = plan.routes.iter().map(|route| Compiled::new(&plan, route)).collect();
        let places = Places::new(&plan);
        Self { plan, upstreams, beside, places, routes, beside_label: BESIDE.into() }
    }

    /// The route of `id`, which the plan's own table gave.
    pub(crate) fn route(&self, id: RouteId) -> Option<&Compiled> {
        self.routes.get(usize::from(id.0))
    }

    /// The route that a request found, if it has problem codes of its own to answer.
    pub(crate) fn rules(&self, found: &Found<'_>) -> Option<&Route> {
        let Found::Route { id, .. } = found else { return None };
        Some(self.plan.route(*id)).filter(|route| !route.errors.is_empty())
    }

    /// The composition that a request asks for; none where its route hands one answer on.
    pub(crate) fn composition(&self, id: RouteId, query: Option<&str>) -> Option<&Composition> {
        let composition = self.plan.route(id).composition.as_deref()?;
        let prepared = self.route(id)?.prepared.as_ref()?;
        (!prepared.is_idle(query)).then_some(composition)
    }

    /// The index and the label of a route among the names of the metrics.
    pub(crate) fn label(&self, id: Option<RouteId>) -> (usize, &Arc<str>) {
        match id.and_then(|id| Some((usize::from(id.0), self.route(id)?))) {
            Some((index, route)) => (index, &route.label),
            None => (self.routes.len(), &self.beside_label),
        }
    }

    /// The names of the metrics' cells.
    pub(crate) fn names(&self) -> Names {
        let routes = self.routes.iter().map(|route| route.label.to_string()).chain([BESIDE.to_owned()]).collect();
        let services =
            self.plan.services.iter().map(|service| service.name.clone()).chain([BESIDE.to_owned()]).collect();
        Names { routes, services }
    }
}

impl Compiled {
    fn new(plan: &Plan, route: &Route) -> Self {
        let service = plan.service(route.target.service());
        let receiver = match service.kind {
            ServiceKind::BuiltIn => Receiver::Own,
            ServiceKind::Contracted => Receiver::Service,
            ServiceKind::Origin => Receiver::Origin,
        };
        let path = match &route.target {
            Target::Operation { path, .. } => Path::Pieces(path.clone()),
            // Each part has a path of its own.
            Target::Parts => Path::Pieces(Vec::new()),
            // The slash that ends the prefix starts the path that is left.
            Target::Proxy { prefix, strip_prefix, .. } => {
                Path::Whole { strip: if *strip_prefix { prefix.len() - 1 } else { 0 } }
            }
        };
        Self {
            service: usize::from(route.target.service().0),
            service_name: service.name.as_str().into(),
            receiver,
            timeout: timeout(route),
            breaker: route.breaker,
            label: format!("{} {}", route.method_name(), route.template).into(),
            errors: declared_errors(plan, route),
            form: route.form.clone(),
            path,
            prefix: plan
                .operation(route)
                .and_then(|operation| route.template.strip_suffix(operation.path.as_str()))
                .and_then(|prefix| HeaderValue::from_str(prefix).ok()),
            origin_places: OriginPlaces::new(plan, &route.target),
            method: plan.operation(route).map(|operation| operation.method.clone()),
            prepared: route.composition.as_deref().map(Prepared::new),
            late: route.composition.as_deref().and_then(|one| one.late.as_deref()).map(Prepared::new),
        }
    }

    /// The method to call with: the operation's own, which the route may have changed.
    pub(crate) fn method(&self) -> Option<Method> {
        self.method.clone()
    }

    /// Whether the operation may change something.
    pub(crate) fn writes(&self) -> bool {
        self.method.as_ref().is_some_and(|method| *method != Method::GET)
    }

    /// What a service needs to put before its own path to name the one that the client asked for.
    pub(crate) fn prefix(&self) -> Option<&HeaderValue> {
        self.prefix.as_ref()
    }

    /// The names of the fields of its form, where those are not the operation's.
    pub(crate) fn form(&self) -> Option<&Renames> {
        self.form.as_ref()
    }

    /// Whether the contract declares an error of this status in this media type.
    pub(crate) fn declares(&self, status: StatusCode, media_type: &str) -> bool {
        self.errors.iter().any(|(declared, of_type)| *declared == status && of_type == media_type)
    }

    /// The path and query to call. The pieces are joined as they were received: nothing is decoded or encoded.
    pub(crate) fn target(&self, path: &str, query: Option<&str>, parameters: &Parameters<'_>) -> Option<PathAndQuery> {
        let mut target = String::with_capacity(path.len() + query.map_or(0, str::len) + 1);
        match &self.path {
            Path::Whole { strip } => match path.get(*strip..)? {
                // The prefix itself, without the slash at its end.
                "" => target.push('/'),
                rest => target.push_str(rest),
            },
            Path::Pieces(pieces) => {
                for piece in pieces {
                    target.push_str(match piece {
                        PathPiece::Literal(text) => text,
                        PathPiece::Parameter(index) => parameters.get(*index)?,
                        // A route with bindings is a composition, which puts its paths together itself.
                        PathPiece::Bound(_) => return None,
                    });
                }
            }
        }
        if let Some(query) = query {
            target.push('?');
            target.push_str(query);
        }
        PathAndQuery::from_maybe_shared(bytes::Bytes::from(target)).ok()
    }
}

/// How long a plain call may take: also that of a composed route for a client that chooses nothing.
fn timeout(route: &Route) -> Duration {
    let main = route.composition.as_ref().and_then(|composition| composition.main());
    main.map_or(route.timeout, |main| main.timeout.min(route.timeout))
}

/// The media types of the errors that an operation declares. They are looked up only when a service answers with an error
/// that is no problem document.
fn declared_errors(plan: &Plan, route: &Route) -> Vec<(StatusCode, String)> {
    let Some(operation) = plan.operation(route) else { return Vec::new() };
    let contract = &plan.service(route.target.service()).contract;
    let answers = contract.value_of(operation).and_then(|value| value.get("responses")).and_then(Value::as_object);
    let errors = answers.into_iter().flatten().filter_map(|(status, answer)| Some((status.parse().ok()?, answer)));
    let media_types = |answer: &Value| {
        let reference = answer.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        let answer = reference.and_then(|pointer| contract.document.pointer(pointer)).unwrap_or(answer);
        let content = answer.get("content").and_then(Value::as_object);
        content.into_iter().flatten().map(|(media_type, _)| media_type.clone()).collect::<Vec<_>>()
    };
    errors
        .filter(|(status, _): &(StatusCode, _)| status.is_client_error() || status.is_server_error())
        .flat_map(|(status, answer)| media_types(answer).into_iter().map(move |media_type| (status, media_type)))
        .collect()
}
