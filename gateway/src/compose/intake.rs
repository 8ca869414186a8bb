//! What of a request goes to its calls: the fields of every part's call, and the body where a program reads it.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, request};
use http_body::Body as _;

use super::run::Asked;
use super::{ask, made, scan};
use crate::context::Context;
use crate::error::GatewayError;
use crate::fields::{self, Receiver};
use crate::form;
use crate::forward::{self, Intake};
use crate::listener::Connection;
use crate::media;
use crate::plane::Plane;

/// The head of every part's call, but for what names its caller.
pub(super) fn inherit(
    plane: &Plane,
    connection: &Connection,
    context: &Context,
    asked: &Asked<'_>,
    head: &request::Parts,
) -> HeaderMap {
    if !asked.prepared.asks_parts {
        return HeaderMap::new();
    }
    let mut headers = head.headers.clone();
    let trusted = plane.trusts(connection.peer.ip());
    fields::to_upstream(&mut headers, Receiver::Service, trusted);
    ask::inherit(&mut headers);
    let way = fields::on_the_way(head.version, &connection.forwarded, trusted, head.headers.get(HOST));
    fields::append_all(&mut headers, way.into_iter().flatten());
    headers.insert(problem::REQUEST_ID, context.request_id.clone());
    headers
}

/// The body of the main call, and the request's own as JSON where a program reads it.
pub(super) async fn take_in(
    plane: &Plane,
    connection: &Connection,
    asked: &Asked<'_>,
    head: &mut request::Parts,
    body: Intake,
) -> Result<(Intake, Bytes), GatewayError> {
    if !asked.prepared.reads_body {
        return Ok((body, Bytes::new()));
    }
    let (sent, json) = read(connection, asked, head, body).await?;
    let Some(program) = &asked.composition.request else {
        // Only values are taken of it: it goes on as it came.
        return Ok((Intake::Ready(sent), json));
    };
    let made = made::by_program(program, json.clone(), plane.base()).await.map_err(|_| GatewayError::BodyShape)?;
    head.headers.remove(CONTENT_LENGTH);
    head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok((Intake::Ready(made), json))
}

/// The body as it came and as JSON: a form as an object of its fields, and nothing as null.
async fn read(
    connection: &Connection,
    asked: &Asked<'_>,
    head: &request::Parts,
    body: Intake,
) -> Result<(Bytes, Bytes), GatewayError> {
    // What is ready is the body of a request that was made here, which has none.
    let Intake::Incoming(body) = body else { return Ok((Bytes::new(), Bytes::from_static(b"null"))) };
    if body.is_end_stream() {
        return Ok((Bytes::new(), Bytes::from_static(b"null")));
    }
    let limit = asked.route.body_limit;
    if forward::declared_length(&head.headers).is_some_and(|length| length > limit) {
        return Err(GatewayError::BodyTooLarge { limit });
    }
    let media_type = head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_form = form::is_form(media::of(&head.headers));
    if media::is_encoded(&head.headers) || !(is_form || ask::is_json(&head.headers)) {
        return Err(GatewayError::MediaType);
    }
    let body = forward::taken_in(body, limit, connection).await?;
    if is_form {
        let renames = asked.route.form.clone().unwrap_or_default();
        let object = form::to_object(media_type, &body, &renames)?;
        return Ok((body, object));
    }
    if scan::is_json(&body) { Ok((body.clone(), body)) } else { Err(GatewayError::MalformedBody) }
}
