//! The head of a call and of its answer.

use http::header::TRANSFER_ENCODING;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, Version};
use http_body::Body as _;
use principal::ASSERTION;
use upstream::{Field, RequestBody};

use super::{Call, Intake};
use crate::cache;
use crate::context::Context;
use crate::fields::{self, Receiver};
use crate::listener::Connection;
use crate::plane::Plane;
use crate::surface::Compiled;

/// Makes the client's fields those of the call, but for what is added on its way.
pub(super) fn prepare(headers: &mut HeaderMap, call: &Call<'_>, plane: &Plane, connection: &Connection) {
    let trusted = plane.trusts(connection.peer.ip());
    fields::to_upstream(headers, call.receiver, trusted);
    match call.receiver {
        Receiver::Service => cache::of_parts(headers),
        Receiver::Origin => fields::withhold_cookie(headers, &plane.settings().auth.cookie.name),
        Receiver::Own => {}
    }
    if trusted && call.route.and_then(Compiled::prefix).is_some() {
        headers.remove(problem::FORWARDED_PREFIX);
    }
}

/// What the call gets on its way: who asks whom, for which request, and who the caller is.
pub(super) fn added<'a>(
    call: &'a Call<'_>,
    plane: &Plane,
    connection: &'a Connection,
    context: &'a Context,
    (version, host): (Version, Option<&'a HeaderValue>),
) -> [Option<Field<'a>>; 8] {
    static REQUEST_ID: HeaderName = problem::REQUEST_ID;
    static FORWARDED_PREFIX: HeaderName = problem::FORWARDED_PREFIX;
    static CALLER: HeaderName = ASSERTION;
    let trusted = plane.trusts(connection.peer.ip());
    let [via, for_whom, forwarded, proto, host] = fields::on_the_way(version, &connection.forwarded, trusted, host);
    let request_id = Some((&REQUEST_ID, &context.request_id));
    let prefix = call.route.and_then(Compiled::prefix).map(|prefix| (&FORWARDED_PREFIX, prefix));
    let assertion = call.assertion.as_ref().map(|assertion| (&CALLER, assertion));
    [via, for_whom, forwarded, proto, host, request_id, prefix, assertion]
}

/// Makes `outgoing`, which has its body already, the request of the call. Nothing of the client's crosses but its method and its
/// fields.
pub(super) fn go_out(
    outgoing: &mut Request<RequestBody>,
    request: &mut Request<Intake>,
    call: &Call<'_>,
    streams: bool,
) {
    *outgoing.method_mut() = request.method().clone();
    *outgoing.uri_mut() = Uri::from(call.target.clone());
    *outgoing.headers_mut() = std::mem::take(request.headers_mut());
    if streams && outgoing.body().size_hint().exact().is_none() {
        // Said aloud: a service of this process sees no framing but this.
        outgoing.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
}

/// Makes the head of the answer the client's.
pub(super) fn publish(headers: &mut HeaderMap, call: &Call<'_>, plane: &Plane) {
    match call.receiver {
        Receiver::Own => {}
        Receiver::Service => {
            fields::to_client(headers, call.receiver);
            plane.surface().places.tell(headers, call.service, call.target.path());
        }
        Receiver::Origin => {
            fields::to_client(headers, call.receiver);
            fields::withhold_cookie(headers, &plane.settings().auth.cookie.name);
            if let Some(places) = call.route.and_then(|route| route.origin_places.as_ref()) {
                places.tell(headers);
            }
        }
    }
}
