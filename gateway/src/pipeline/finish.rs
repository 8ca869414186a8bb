//! finish: what is said on every answer, whoever gave it.

use http::header::{CONNECTION, LINK, UPGRADE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use problem::Problem;

use crate::body::Source;
use crate::cache::clients;
use crate::error::GatewayError;
use crate::plan::{Route, Target};
use crate::plane::Plane;
use crate::record::Exchange;

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");

/// What a service says nothing about is the caller's own. An origin without a contract is left alone.
pub(super) fn unshared(headers: &mut HeaderMap, route: &Route) {
    if !matches!(route.target, Target::Proxy { .. }) {
        clients::private_unless_said(headers);
    }
}

/// A deprecated route says so, and names its successor (RFC 9745, RFC 8288).
pub(super) fn deprecate(headers: &mut HeaderMap, route: &Route) {
    if let Some(successor) = &route.deprecated {
        headers.insert(DEPRECATION, HeaderValue::from_static("@0"));
        if let Ok(link) = HeaderValue::from_str(&format!("<{}>; rel=\"successor-version\"", successor.path)) {
            let _full = headers.try_append(LINK, link);
        }
    }
}

/// Turns an error into its problem document.
pub(super) fn explain(error: GatewayError, instance: &str, exchange: &mut Exchange) -> Response<Source> {
    let refused = matches!(error, GatewayError::Refused(_) | GatewayError::BodyTooLarge { .. } | GatewayError::Form(_));
    let problem = Problem::from(error);
    exchange.problem = Some(problem.code());
    let instance = if refused && instance == "/" { None } else { Some(instance) };
    let mut response = problem.into_http(instance, exchange.request_id().to_str().ok()).map(Source::from);
    if refused {
        // What follows on this connection cannot be trusted, or is a body that nobody will read.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// What every answer carries.
pub(super) fn finish(plane: &Plane, headers: &mut HeaderMap, exchange: &mut Exchange, origin: Option<HeaderValue>) {
    headers.insert(problem::REQUEST_ID, exchange.hand_over_id());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(standing) = exchange.standing {
        plane.shared.limits.finish(standing, headers);
    }
    plane.shared.cors.finish(headers, origin);
    // A tunnel says of the connection what it becomes.
    if plane.drain.has_begun() && !headers.contains_key(UPGRADE) {
        // The client shall take its next request to another connection.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}
