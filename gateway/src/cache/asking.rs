//! The call behind an answer that may be kept: no more of the caller goes along than the key knows.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};

use super::conditional;
use super::entry::{Entry, Validators};
use super::groups::{CACHE_GROUP_INVALIDATION, CACHE_GROUPS};
use super::inquiry::Inquiry;
use super::key::Key;
use crate::answer;
use crate::body::Source;
use crate::error::GatewayError;
use crate::forward::Intake;
use crate::plan::Scope;
use crate::plan::query::sent_query;
use crate::routes::Found;

/// Fields by which a client could have something else kept than what the key says.
const UNKEYED: [&str; 6] = [
    "content-length",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

/// Asks for the whole answer, or whether the kept one still holds.
pub(super) async fn ask(inquiry: &Inquiry, kept: Option<&Entry>) -> Result<Response<Source>, GatewayError> {
    let mut request = request(inquiry)?;
    // What is kept is what GET is answered, whoever began the call.
    *request.method_mut() = Method::GET;
    conditional::unconditional(request.headers_mut());
    if let Some(kept) = kept {
        let headers = request.headers_mut();
        kept.validators.etag.clone().map(|etag| headers.insert(IF_NONE_MATCH, etag));
        kept.validators.last_modified.clone().map(|modified| headers.insert(IF_MODIFIED_SINCE, modified));
    }
    send(inquiry, request).await
}

/// Asks for exactly what the client wants; nothing is kept of it. The head of an answer may tell that what is kept is out of
/// date (RFC 9111, section 4.3.5).
pub(super) async fn pass(
    inquiry: &Inquiry,
    key: &Key,
    kept: Option<&Arc<Entry>>,
) -> Result<Response<Source>, GatewayError> {
    let mut response = send(inquiry, request(inquiry)?).await?;
    response.headers_mut().remove(CACHE_GROUPS);
    if let Some(kept) = kept
        && inquiry.head.method == Method::HEAD
        && response.status() == StatusCode::OK
        && tells_otherwise(response.headers(), kept)
    {
        inquiry.plane.shared.cache.store.forget(key.clone(), kept);
    }
    Ok(response)
}

fn tells_otherwise(head: &HeaderMap, kept: &Entry) -> bool {
    let Validators { etag, last_modified } = &kept.validators;
    let differs =
        |name, known: &Option<_>| head.get(name).is_some_and(|told| known.as_ref().is_some_and(|known| known != told));
    let length = head.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    differs(ETAG, etag)
        || differs(LAST_MODIFIED, last_modified)
        || length.is_some_and(|length| length != kept.body.len())
}

/// The client's request, but for what of its query the key does not know.
fn request(inquiry: &Inquiry) -> Result<Request<Intake>, GatewayError> {
    let mut request = Request::new(Intake::Ready(Bytes::new()));
    *request.method_mut() = inquiry.head.method.clone();
    *request.uri_mut() = match (inquiry.head.uri.query(), &inquiry.caching()?.query) {
        (Some(query), Some(declared)) => {
            let target = match sent_query(query, declared) {
                none if none.is_empty() => inquiry.head.uri.path().to_owned(),
                query => format!("{}?{query}", inquiry.head.uri.path()),
            };
            PathAndQuery::try_from(target).map(Uri::from).map_err(|_| GatewayError::RouteNotFound)?
        }
        _ => inquiry.head.uri.clone(),
    };
    *request.version_mut() = inquiry.head.version;
    *request.headers_mut() = inquiry.head.headers.clone();
    // What says that another method or another target is meant, to servers that listen to it; the key knows neither.
    for name in UNKEYED {
        request.headers_mut().remove(name);
    }
    Ok(request)
}

async fn send(inquiry: &Inquiry, mut request: Request<Intake>) -> Result<Response<Source>, GatewayError> {
    let Inquiry { plane, connection, context, route, caller, .. } = inquiry;
    let caller = match &inquiry.caching()?.scope {
        Scope::Public => plane.anonymous.clone(),
        scope => caller.seen_as(super::visible(scope, caller.principal())),
    };
    // Found again, because the request may have travelled to a task, away from what its parameters were borrowed from.
    let Found::Route { parameters, .. } =
        plane.surface().plan.table.find(&inquiry.head.method, inquiry.head.uri.path())
    else {
        return Err(GatewayError::RouteNotFound);
    };
    let mut response =
        answer::answer(plane, connection, context, (*route, &parameters), (&caller, None), &mut request).await?;
    // Reading ends nothing, whatever a service says (RFC 9875, section 3).
    response.headers_mut().remove(CACHE_GROUP_INVALIDATION);
    Ok(response)
}
