//! The head and the body of an answer that was made here.

use bytes::Bytes;
use http::header::{self, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, response};
use problem::Code;
use serde_json::{Value, json};

use super::failure::Lack;
use super::render::{self, Writer};
use super::run::Run;
use super::{Outcome, PartFailure, made, projection, values};
use crate::auth::Caller;
use crate::body::Source;
use crate::cache::clients;
use crate::error::GatewayError;
use crate::plan::{Composition, FieldSource, Need, Place, Route};
use crate::plane::Plane;
use transform::TransformError;

/// The parts of an answer that are missing or stand in for others, as a structured field (RFC 9651).
pub(crate) const GATEWAY_PARTS: HeaderName = HeaderName::from_static("gateway-parts");
const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const STRICT: &str = "handling=strict";

/// Whether the client would rather have no answer than an incomplete one (RFC 7240, section 4.4).
pub(super) fn is_strict(headers: &HeaderMap) -> bool {
    let values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let mut preferences = values.flat_map(|value| value.split([',', ';'])).map(|one| one.replace([' ', '"'], ""));
    preferences.any(|preference| preference.eq_ignore_ascii_case(STRICT))
}

/// What asks for another representation of the main answer than the one that can be added to. The condition of a write is
/// none of that: `If-None-Match: *` keeps it from replacing what is there already (RFC 9110, section 13.1.2).
pub(super) fn is_conditional(name: &HeaderName, writes: bool) -> bool {
    const FIELDS: [HeaderName; 4] =
        [header::IF_MODIFIED_SINCE, header::RANGE, header::IF_RANGE, header::ACCEPT_ENCODING];
    FIELDS.contains(name) || (!writes && name == header::IF_NONE_MATCH)
}

/// An answer of the main part that goes to the client: its status and fields are the route's, if it is a success.
pub(super) fn passed(composition: &Composition, response: Response<Source>) -> Result<Response<Source>, GatewayError> {
    if !response.status().is_success() {
        return Ok(response);
    }
    let (mut head, source) = response.into_parts();
    mapped(composition, &mut head, b"null")?;
    Ok(Response::from_parts(head, source))
}

/// The answer made of its parts.
pub(super) async fn put_together(
    plane: &Plane,
    run: &Run<'_>,
    head: Option<response::Parts>,
    outcomes: &[Outcome],
    lost: &[(usize, PartFailure)],
    strict: bool,
) -> Result<Response<Source>, GatewayError> {
    let composition = run.asked.composition;
    let lost = run.lacks(lost);
    refuse(composition, run, &lost, strict)?;
    let missing = (!lost.is_empty()).then(|| listed(composition, &lost).to_string());
    // A program sees the parts; what is missing is added to what it makes of them.
    let within = missing.as_deref().filter(|_| composition.shape.is_none());
    let answer = render::Answer { composition, selection: &run.selection, outcomes, missing: within };
    let mut writer = Writer::new(plane.settings().limits.composed_bytes, answer.expected());
    answer.write(&mut writer).map_err(|_| GatewayError::ComposedTooLarge)?;
    let mut pieces = writer.finish();
    if let Some(fields) = &run.selection.fields {
        let body = projection::project(&joined(pieces), fields);
        pieces = vec![body.ok_or_else(|| run.unusable())?];
    }
    if let Some(shape) = &composition.shape {
        let body = made::by_shape(shape, joined(pieces), plane.base()).await.map_err(GatewayError::Transform)?;
        pieces = vec![missing.as_deref().map_or(body.clone(), |missing| render::with_missing(&body, missing))];
    }
    let mut head = head.unwrap_or_else(|| Response::new(()).into_parts().0);
    if composition.headers.iter().any(|(_, source)| matches!(source, FieldSource::Body(_))) {
        pieces = vec![joined(pieces)];
    }
    mapped(composition, &mut head, pieces.first().map_or(b"null", |body| body))?;
    represent(&mut head.headers, composition.is_composed());
    if run.changes_query() {
        // Links that were made of the query which the service saw lead elsewhere.
        head.headers.remove(header::LINK);
    }
    told(&mut head.headers, composition, &lost, strict);
    Ok(Response::from_parts(head, Source::from(pieces)))
}

/// An answer without anything to show is none, and neither is an incomplete one for a client that wants no such thing, or one for a
/// request that a part refuses. What has been written is not refused any more.
pub(super) fn refuse(
    composition: &Composition,
    run: &Run<'_>,
    lost: &[Lack],
    strict: bool,
) -> Result<(), GatewayError> {
    let Some(Lack { index: first, failure, .. }) = lost.first() else { return Ok(()) };
    let refusal = lost.iter().find_map(|lack| lack.failure.refusal());
    if let Some(refusal) = refusal.filter(|_| !run.asked.compiled.writes()) {
        return Err(GatewayError::PartRefused { refusal: Box::new(refusal.clone()) });
    }
    let is_lost = |index: usize| {
        composition.parts[index].need == Need::Optional
            && lost.iter().any(|lack| lack.index == index && !lack.is_stale())
    };
    let members = composition.parts.iter().enumerate().filter(|(_, part)| part.place == Place::Member);
    let mut shown = members.filter(|(index, _)| run.selection.shows(*index)).peekable();
    if composition.main().is_none() && shown.peek().is_some() && shown.all(|(index, _)| is_lost(index)) {
        return Err(GatewayError::NoPart);
    }
    if strict {
        let part = composition.parts[*first].name.as_str().into();
        return Err(GatewayError::Incomplete { part, code: failure.code() });
    }
    Ok(())
}

/// `_parts`: what is missing, and why.
pub(super) fn listed(composition: &Composition, lost: &[Lack]) -> Value {
    let entry = |Lack { index, failure, state }: &Lack| json!({ "name": composition.parts[*index].name, "state": state, "code": failure.code().as_str() });
    lost.iter().map(entry).collect()
}

/// What an incomplete answer says about itself in its head; it may not be kept.
pub(super) fn told(headers: &mut HeaderMap, composition: &Composition, lost: &[Lack], strict: bool) {
    if strict {
        headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static(STRICT));
    }
    if lost.is_empty() {
        return;
    }
    let entry = |Lack { index, failure, state }: &Lack| {
        format!("{};state={state};code={}", composition.parts[*index].name, failure.code())
    };
    let list: Vec<String> = lost.iter().map(entry).collect();
    if let Ok(list) = HeaderValue::from_str(&list.join(", ")) {
        headers.insert(GATEWAY_PARTS, list);
    }
    clients::no_store(headers);
}

/// The fields that speak of a body which is no longer the service's. The validator stays: it names the version of the
/// resource, which `If-Match` wants; conditions of a read are never handed on, so it is not compared with anything else.
pub(super) fn represent(headers: &mut HeaderMap, composed: bool) {
    const FIELDS: [HeaderName; 6] = [
        CONTENT_LENGTH,
        header::CONTENT_RANGE,
        header::ACCEPT_RANGES,
        header::LAST_MODIFIED,
        header::TRAILER,
        header::TRANSFER_ENCODING,
    ];
    FIELDS.iter().for_each(|name| drop(headers.remove(name)));
    for name in ["content-md5", "digest", "content-digest", "repr-digest"] {
        headers.remove(name);
    }
    headers.remove(GATEWAY_PARTS);
    if composed {
        // What a part allows to be kept says nothing of the others.
        clients::nothing(headers);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
}

/// The route's own status and fields.
fn mapped(composition: &Composition, head: &mut response::Parts, body: &[u8]) -> Result<(), GatewayError> {
    if let Some(status) = composition.status {
        head.status = status;
    }
    for (name, source) in &composition.headers {
        let value = match source {
            FieldSource::Text(value) => Some(value.clone()),
            FieldSource::Header(old) => head.headers.remove(old),
            FieldSource::Body(program) => {
                let made = program.run(body, &[]).map_err(GatewayError::Transform)?;
                let text = match serde_json::from_slice(&made) {
                    Ok(Value::Null) | Err(_) => None,
                    Ok(Value::String(text)) => Some(text),
                    Ok(other) => Some(other.to_string()),
                };
                text.and_then(|text| HeaderValue::from_str(&text).ok())
            }
        };
        match value {
            Some(value) => drop(head.headers.insert(name, value)),
            None => drop(head.headers.remove(name)),
        }
    }
    Ok(())
}

pub(super) fn joined(mut pieces: Vec<Bytes>) -> Bytes {
    match pieces.len() {
        0 => Bytes::new(),
        1 => pieces.swap_remove(0),
        _ => pieces.concat().into(),
    }
}

/// The finish phase's own program: makes of a success what this caller shall see of it.
pub(crate) async fn finish(
    plane: &Plane,
    composition: &Composition,
    caller: &Caller,
    response: Response<Source>,
) -> Result<Response<Source>, GatewayError> {
    let Some(program) = &composition.finish else { return Ok(response) };
    if !response.status().is_success() || response.body().is_end() {
        return Ok(response);
    }
    // What the program cannot read must not pass without it: it may be there to hide something.
    if !super::ask::is_json(response.headers()) {
        return Err(GatewayError::Transform(TransformError::NotJson));
    }
    let (mut head, source) = response.into_parts();
    let limits = &plane.settings().limits;
    let deadline = std::time::Instant::now() + plane.settings().deadline;
    let body = source.collected(deadline, limits.composed_bytes).await.map_err(|_| GatewayError::ComposedTooLarge)?;
    let principal = caller.principal();
    let viewer = match &principal.sub {
        Some(sub) => json!({ "id": sub, "roles": principal.roles }).to_string(),
        None => "null".to_owned(),
    };
    let body = made::by_finish(program, body, plane.base(), viewer).await.map_err(GatewayError::Transform)?;
    for_one_caller(&mut head.headers);
    Ok(Response::from_parts(head, Source::from(body)))
}

/// The fields of an answer that may differ from one caller to the next: nobody else may be shown it, and no validator of the
/// service speaks of it.
fn for_one_caller(headers: &mut HeaderMap) {
    represent(headers, false);
    headers.remove(header::ETAG);
    clients::private(headers);
}

/// A problem in the words that the route has for its code.
pub(crate) fn rewritten(route: &Route, status: http::StatusCode, document: &[u8]) -> Option<(http::StatusCode, Bytes)> {
    let mut problem: Value = serde_json::from_slice(document).ok()?;
    let code: Code = problem.get("code")?.as_str()?.parse().ok()?;
    let rule = route.errors.iter().find(|rule| rule.code == code)?;
    let detail = rule.detail.as_ref().and_then(|program| {
        let made = program.run(document, &[]).inspect_err(|error| tracing::warn!(%error, "a detail could not be made"));
        serde_json::from_slice::<String>(&made.ok()?).ok()
    });
    let status = rule.status.unwrap_or(status);
    problem["status"] = status.as_u16().into();
    if let Some(detail) = detail {
        problem["detail"] = detail.into();
    }
    Some((status, problem.to_string().into()))
}

impl Run<'_> {
    /// Whether the main part was sent another query than the client's.
    fn changes_query(&self) -> bool {
        let query = self.query.as_deref();
        values::remaining(query, &self.asked.prepared.taken) != query.unwrap_or_default()
    }

    /// The main answer cannot be used after all.
    fn unusable(&self) -> GatewayError {
        let place = self.asked.composition.parts.iter().position(|part| part.place == Place::Root);
        self.required(place.unwrap_or_default(), &PartFailure::NotUsable)
    }
}
