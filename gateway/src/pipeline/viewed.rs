//! What only its viewer may see of an answer: added after anything that could be stored.

use http::{Request, Response};

use crate::auth::Caller;
use crate::body::Source;
use crate::compose::{self, Asked, Viewing};
use crate::error::GatewayError;
use crate::plan::{Route, RouteId};
use crate::plane::Plane;
use crate::record::Exchange;
use crate::routes::Parameters;

/// Takes what is for the viewer alone out of a request; none if there is nothing of the kind in it.
pub(super) fn begin<B>(route: &Route, request: &mut Request<B>) -> Result<Option<Box<Viewing>>, GatewayError> {
    match &route.composition {
        Some(composition) => Ok(Viewing::begin(composition, request)?.map(Box::new)),
        None => Ok(None),
    }
}

/// Adds it to the answer.
pub(super) async fn add(
    plane: &Plane,
    exchange: &mut Exchange,
    (id, parameters): (RouteId, &Parameters<'_>),
    caller: &Caller,
    viewing: Viewing,
    response: Response<Source>,
) -> Result<Response<Source>, GatewayError> {
    let surface = plane.surface();
    let (route, compiled) = (surface.plan.route(id), surface.route(id).ok_or(GatewayError::RouteNotFound)?);
    let late = route.composition.as_ref().and_then(|composition| composition.late.as_deref());
    let (Some(composition), Some(prepared)) = (late, &compiled.late) else { return Ok(response) };
    let was_whole = !response.headers().contains_key(compose::GATEWAY_PARTS);
    let asked = Asked { route, compiled, composition, prepared, parameters: *parameters, caller, write: None };
    let response = Box::pin(viewing.add(plane, &exchange.connection, &exchange.context, asked, response)).await?;
    let lost = response.headers().get(compose::GATEWAY_PARTS).cloned();
    if was_whole && lost.is_some() {
        plane.metrics.degraded(exchange.context.route);
    }
    if let Some(line) = exchange.line() {
        line.parts = lost;
    }
    Ok(response)
}
