//! forward | compose: asks the services of a route, and returns what the client may see of their answers.

use http::{Request, Response};
use upstream::Failure;

use crate::auth::Caller;
use crate::body::Source;
use crate::compose::{self, Asked};
use crate::context::Context;
use crate::error::GatewayError;
use crate::fields::Receiver;
use crate::forward::{self, Call, Intake};
use crate::listener::Connection;
use crate::plan::{Composition, RouteId};
use crate::plane::Plane;
use crate::routes::Parameters;
use crate::surface::Compiled;

/// Asks what is behind the route `id`, in the name of `caller`.
pub(crate) async fn answer(
    plane: &Plane,
    connection: &Connection,
    context: &Context,
    (id, parameters): (RouteId, Parameters<'_>),
    caller: &Caller,
    request: Request<Intake>,
) -> Result<Response<Source>, GatewayError> {
    let surface = plane.surface();
    let compiled = surface.route(id).ok_or(GatewayError::RouteNotFound)?;
    let site = Site { plane, connection, context, id, compiled };
    match surface.composition(id, request.uri().query()) {
        // forward: one service, both bodies streaming.
        None => site.forward(&parameters, caller, request).await,
        // compose, shape: several services, or one whose answer is made into another; neither is told who the viewer is.
        // Its future is large, and few requests need it.
        Some(composition) => Box::pin(site.compose(parameters, composition, caller, request)).await,
    }
}

/// The error of a route whose answer broke off after its head.
pub(crate) fn broken(plane: &Plane, id: RouteId, failure: Failure) -> GatewayError {
    let surface = plane.surface();
    let upstream = surface.route(id).and_then(|route| surface.upstreams.get(route.service));
    upstream.map_or(GatewayError::RouteNotFound, |upstream| plane.upstream_error(upstream, failure))
}

struct Site<'a> {
    plane: &'a Plane,
    connection: &'a Connection,
    context: &'a Context,
    id: RouteId,
    compiled: &'a Compiled,
}

impl Site<'_> {
    async fn forward(
        &self,
        parameters: &Parameters<'_>,
        caller: &Caller,
        request: Request<Intake>,
    ) -> Result<Response<Source>, GatewayError> {
        let Self { plane, compiled, .. } = self;
        let surface = plane.surface();
        let route = surface.plan.route(self.id);
        let uri = request.uri();
        let asserts = compiled.receiver != Receiver::Origin;
        let call = Call {
            upstream: surface.upstreams.get(compiled.service).ok_or(GatewayError::RouteNotFound)?,
            service: compiled.service,
            receiver: compiled.receiver,
            target: compiled.target(uri.path(), uri.query(), parameters).ok_or(GatewayError::RouteNotFound)?,
            timeout: compiled.timeout,
            body_limit: route.body_limit,
            websocket: route.websocket,
            assertion: if asserts { plane.assertion_for(caller, route, self.context) } else { None },
            route: Some(compiled),
            has_place: false,
        };
        forward::forward(plane, self.connection, self.context, call, request).await
    }

    async fn compose(
        &self,
        parameters: Parameters<'_>,
        composition: &Composition,
        caller: &Caller,
        request: Request<Intake>,
    ) -> Result<Response<Source>, GatewayError> {
        let prepared = self.compiled.prepared.as_ref().ok_or(GatewayError::RouteNotFound)?;
        let route = self.plane.surface().plan.route(self.id);
        let asked = Asked { route, compiled: self.compiled, composition, prepared, parameters, caller };
        compose::compose(self.plane, self.connection, self.context, asked, request).await
    }
}
