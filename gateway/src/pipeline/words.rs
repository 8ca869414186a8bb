//! Problems that a route answers in its own words.

use std::time::{Duration, Instant};

use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, RANGE};
use http::{Method, Request, Response};
use problem::Problem;

use crate::body::Source;
use crate::compose;
use crate::forward::Intake;
use crate::media;
use crate::plan::Route;

/// A service's problem document that a route rewrites is small, and is there at once.
const PROBLEM_TIMEOUT: Duration = Duration::from_secs(5);
const PROBLEM_BYTES: u64 = 64 * 1024;

/// Asks a service for a problem document that can be read: the whole of it, as it is.
pub(super) fn readable(request: &mut Request<Intake>) {
    request.headers_mut().remove(ACCEPT_ENCODING);
    if request.method() == Method::HEAD {
        *request.method_mut() = Method::GET;
        // Of a head there are no pieces (RFC 9110, section 14.2).
        request.headers_mut().remove(RANGE);
    }
}

/// A problem whose code the route answers in its own way.
pub(super) async fn in_own_words(route: &Route, response: Response<Source>) -> Response<Source> {
    let status = response.status();
    if !media::is_problem(media::of(response.headers())) || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut head, source) = response.into_parts();
    head.headers.remove(CONTENT_LENGTH);
    let Ok(document) = source.collected(Instant::now() + PROBLEM_TIMEOUT, PROBLEM_BYTES).await else {
        let whole = Problem::for_status(status).into_http(None, None);
        head.status = whole.status();
        return Response::from_parts(head, Source::from(whole.into_body()));
    };
    let (status, document) = compose::rewritten(route, status, &document).unwrap_or((status, document));
    head.status = status;
    Response::from_parts(head, Source::from(document))
}
