//! What stands around a router of a service: every error leaves it as a complete problem document.

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{
    HeaderName, HeaderValue, Method,
    header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE},
};

use crate::{Code, MEDIA_TYPE, Problem};

/// The header that carries the request's id through the whole system.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header in which a gateway names what the client's path has before the service's own.
pub const FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// Axum middleware: writes path and request id into every problem document, and turns an error
/// response that is not a problem document (of a library, say) into one with the same status.
pub async fn complete(request: Request, next: Next) -> Response {
    let prefix = request.headers().get(FORWARDED_PREFIX).and_then(|prefix| prefix.to_str().ok());
    let instance = format!("{}{}", prefix.unwrap_or_default(), request.uri().path());
    let request_id = request.headers().get(REQUEST_ID).cloned();
    let head = request.method() == Method::HEAD;
    let response = next.run(request).await;
    let Some(problem) = problem_of(&response) else {
        return response;
    };
    let request_id = request_id.as_ref().and_then(|value| value.to_str().ok());
    let body = problem.render(Some(&instance), request_id);
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    parts.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    parts.extensions.insert(problem);
    Response::from_parts(parts, if head { Body::empty() } else { Body::from(body) })
}

fn problem_of(response: &Response) -> Option<Problem> {
    if let Some(problem) = response.extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let content_type = response.headers().get(CONTENT_TYPE);
    let is_document = content_type.is_some_and(|value| value == MEDIA_TYPE);
    (is_error && !is_document).then(|| Problem::for_status(status))
}

/// The fallback of a router: no route has this path.
pub async fn not_found() -> Response {
    Problem::new(Code::RouteNotFound).into_response()
}

/// The fallback of a router for a known path; axum adds the header `Allow`.
pub async fn method_not_allowed() -> Response {
    Problem::new(Code::MethodNotAllowed).into_response()
}
