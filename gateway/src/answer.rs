//! forward | compose: asks the services of a route, and returns what the client may see of their answers.

use http::{Request, Response, Uri};
use upstream::Failure;

use crate::auth::Caller;
use crate::body::Source;
use crate::cache::Write;
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

/// Asks what is behind the route `id`, in the name of `caller`. The request stays in its place, because it is large; what is left
/// of it is nothing that could be sent once more. `write` is told what comes of the calls.
pub(crate) async fn answer(
    plane: &Plane,
    connection: &Connection,
    context: &Context,
    (id, parameters): (RouteId, &Parameters<'_>),
    (caller, write): (&Caller, Option<&Write>),
    request: &mut Request<Intake>,
) -> Result<Response<Source>, GatewayError> {
    let surface = plane.surface();
    let compiled = surface.route(id).ok_or(GatewayError::RouteNotFound)?;
    let site = Site { plane, connection, context, id, compiled, write };
    match surface.composition(id, request.uri().query()) {
        // forward: one service, both bodies streaming.
        None => {
            let call = site.call(parameters, caller, request.uri()).ok_or(GatewayError::RouteNotFound)?;
            forward::forward(plane, connection, context, &call, request).await
        }
        // compose, shape: several services, or one whose answer is made into another; neither is told who the viewer is.
        Some(composition) => site.compose(parameters, composition, caller, std::mem::take(request)).await,
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
    write: Option<&'a Write>,
}

impl<'a> Site<'a> {
    /// The one call of a plain route; none only where the plan has no such route.
    fn call(&self, parameters: &Parameters<'_>, caller: &Caller, uri: &Uri) -> Option<Call<'a>> {
        let Self { plane, compiled, .. } = *self;
        let surface = plane.surface();
        let route = surface.plan.route(self.id);
        let asserts = compiled.receiver != Receiver::Origin;
        Some(Call {
            upstream: surface.upstreams.get(compiled.service)?,
            service: compiled.service,
            receiver: compiled.receiver,
            target: compiled.target(uri.path(), uri.query(), parameters)?,
            timeout: compiled.timeout,
            body_limit: route.body_limit,
            websocket: route.websocket,
            assertion: if asserts { plane.assertion_for(caller, route, self.context) } else { None },
            route: Some(compiled),
            witness: self.write.map(|write| write as _),
            has_place: false,
        })
    }

    /// Its future is large, and few requests need it.
    async fn compose(
        &self,
        parameters: &Parameters<'_>,
        composition: &Composition,
        caller: &Caller,
        request: Request<Intake>,
    ) -> Result<Response<Source>, GatewayError> {
        let prepared = self.compiled.prepared.as_ref().ok_or(GatewayError::RouteNotFound)?;
        let route = self.plane.surface().plan.route(self.id);
        let asked = Asked {
            route,
            compiled: self.compiled,
            composition,
            prepared,
            parameters: *parameters,
            caller,
            write: self.write,
        };
        Box::pin(compose::compose(self.plane, self.connection, self.context, asked, request)).await
    }
}
