//! What only its viewer may see of an answer: parts that are asked after everything that could be kept, and added to that.
//!
//! A request that asks for such a part is answered as if it did not, from what is kept or not; so that answer is shared with
//! everybody who may have it. Then the part is asked in the name of this caller, and written between the bytes of the answer as
//! every part is. Nobody keeps what comes of it. A stranger has no such part: it is null, and nothing is asked.

use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use http::header;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, request, response};

use super::choose::{self, Selection};
use super::render::{self, Writer};
use super::run::{Asked, Gathered, Run};
use super::{Outcome, PartFailure, answer, ask, intake, projection, values};
use crate::body::Source;
use crate::cache::clients;
use crate::context::Context;
use crate::error::GatewayError;
use crate::listener::Connection;
use crate::plan::{Composition, ContractMode};
use crate::plane::Plane;

/// What a request asks for that only its viewer may see, and the request as it came.
pub(crate) struct Viewing {
    selection: Selection,
    head: request::Parts,
}

impl Viewing {
    /// Makes of a request one for what others may see, too; none if that is all it asks for.
    ///
    /// # Errors
    ///
    /// What `include` or `fields` names that is not offered.
    pub(crate) fn begin<B>(composition: &Composition, request: &mut Request<B>) -> Result<Option<Self>, GatewayError> {
        let Some(late) = &composition.late else { return Ok(None) };
        let query = request.uri().query();
        let chosen = choose::viewed(composition, late, query).map_err(|errors| GatewayError::Include { errors })?;
        let Some((selection, rest)) = chosen else { return Ok(None) };
        let mut head = Request::new(()).into_parts().0;
        head.uri = request.uri().clone();
        head.version = request.version();
        head.headers = request.headers().clone();
        *request.uri_mut() = with_query(request.uri(), &rest).ok_or(GatewayError::RouteNotFound)?;
        if request.method() == Method::HEAD {
            *request.method_mut() = Method::GET;
        }
        let whole = request.headers().keys().filter(|name| answer::is_conditional(name, false)).cloned();
        for name in whole.collect::<Vec<_>>() {
            request.headers_mut().remove(name);
        }
        Ok(Some(Self { selection, head }))
    }

    /// Adds to an answer what this caller sees of it. `asked` is the request to the parts that are for viewers alone.
    ///
    /// # Errors
    ///
    /// Where the answer is nothing that could be added to, or is incomplete and wanted whole.
    pub(crate) async fn add(
        self,
        plane: &Plane,
        connection: &Connection,
        context: &Context,
        asked: Asked<'_>,
        response: Response<Source>,
    ) -> Result<Response<Source>, GatewayError> {
        if !response.status().is_success() || response.body().is_end() {
            return Ok(response);
        }
        let (head, source) = response.into_parts();
        let run = self.run(plane, connection, context, &asked);
        run.check()?;
        if !ask::is_json(&head.headers) {
            return Err(run.required(0, &PartFailure::NotUsable));
        }
        let deadline = context.started + asked.route.timeout;
        let limit = plane.settings().limits.composed_bytes;
        let mut body = source.collected(deadline, limit).await.map_err(|_| GatewayError::ComposedTooLarge)?;
        let mut lacked = None;
        if head.headers.contains_key(answer::GATEWAY_PARTS)
            && let Some((rest, list)) = without_list(&body)
        {
            (body, lacked) = (rest, Some(list));
        }
        let mut outcomes = vec![run.main_document(body)?];
        let is_stranger = asked.caller.principal().sub.is_none();
        outcomes.resize_with(
            asked.composition.parts.len(),
            || {
                if is_stranger { Outcome::Absent } else { Outcome::Open }
            },
        );
        let (outcomes, lost) = match run.all(&mut None, outcomes).await? {
            Gathered::Parts(_, outcomes, lost) => (outcomes, lost),
            Gathered::Passed(response) => return Ok(response),
        };
        let strict = answer::is_strict(&self.head.headers);
        put_together(&run, head, &outcomes, (&lost, lacked.as_deref()), strict)
    }

    fn run<'a>(
        &self,
        plane: &'a Plane,
        connection: &'a Connection,
        context: &'a Context,
        asked: &'a Asked<'a>,
    ) -> Run<'a> {
        let reads_fields = asked.prepared.reads_fields;
        Run {
            plane,
            connection,
            context,
            asked,
            selection: self.selection.clone(),
            headers: if reads_fields { self.head.headers.clone() } else { HeaderMap::new() },
            inherited: intake::inherit(plane, connection, context, asked, &self.head),
            query: self.head.uri.query().map(str::to_owned),
            body: Bytes::new(),
            deadline: Some(context.started + asked.route.timeout),
            sampled: asked.route.contract == ContractMode::Sample && plane.sampling.would_take(context.route),
            gathered: AtomicU64::new(0),
            terms: None,
            stale: Mutex::default(),
        }
    }
}

/// The same target with another query.
fn with_query(uri: &Uri, query: &str) -> Option<Uri> {
    let target = if query.is_empty() { uri.path().to_owned() } else { format!("{}?{query}", uri.path()) };
    PathAndQuery::try_from(target).ok().map(Uri::from)
}

/// The answer with what is added to it; `lacked` is the list of what it lacked before.
fn put_together(
    run: &Run<'_>,
    mut head: response::Parts,
    outcomes: &[Outcome],
    (lost, lacked): (&[(usize, PartFailure)], Option<&str>),
    strict: bool,
) -> Result<Response<Source>, GatewayError> {
    let composition = run.asked.composition;
    let lost = run.lacks(lost);
    answer::refuse(composition, run, &lost, strict)?;
    let listed = (!lost.is_empty()).then(|| answer::listed(composition, &lost).to_string());
    let missing = lacked.map(|lacked| both(lacked, listed.as_deref())).or(listed);
    let whole = render::Answer { composition, selection: &run.selection, outcomes, missing: missing.as_deref() };
    let mut writer = Writer::new(run.plane.settings().limits.composed_bytes, whole.expected());
    whole.write(&mut writer).map_err(|_| GatewayError::ComposedTooLarge)?;
    let mut pieces = writer.finish();
    if let Some(fields) = &run.selection.fields {
        let body = projection::project(&answer::joined(pieces), fields);
        pieces = vec![body.ok_or_else(|| run.required(0, &PartFailure::NotUsable))?];
    }
    let told_before = head.headers.remove(answer::GATEWAY_PARTS);
    answer::represent(&mut head.headers, true);
    // Its pages go on without what the service was not told of.
    head.headers.remove(header::LINK);
    clients::private(&mut head.headers);
    answer::told(&mut head.headers, composition, &lost, strict);
    lacks_too(&mut head.headers, told_before);
    Ok(Response::from_parts(head, Source::from(pieces)))
}

/// An answer without the list of what is missing from it, which is its last member, and that list: this gateway has written both.
fn without_list(body: &Bytes) -> Option<(Bytes, String)> {
    const LIST: &[u8] = b"\"_parts\":";
    let at = body.windows(LIST.len()).rposition(|window| window == LIST)?;
    let before = body.get(..at)?;
    let before = before.strip_suffix(b",").unwrap_or(before);
    let list = body.get(at + LIST.len()..)?.trim_ascii_end().strip_suffix(b"}")?;
    Some(([before, b"}"].concat().into(), str::from_utf8(list).ok()?.to_owned()))
}

/// Both lists as one.
fn both(before: &str, now: Option<&str>) -> String {
    match (before.strip_suffix(']'), now.and_then(|now| now.strip_prefix('['))) {
        (Some(before), Some(now)) => format!("{before},{now}"),
        _ => before.to_owned(),
    }
}

/// What the answer lacked before comes before what it lacks now.
fn lacks_too(headers: &mut HeaderMap, lacked: Option<HeaderValue>) {
    let Some(lacked) = lacked else { return };
    let more = headers.remove(answer::GATEWAY_PARTS);
    let list: Vec<&str> =
        [Some(&lacked), more.as_ref()].into_iter().flatten().filter_map(|one| one.to_str().ok()).collect();
    if let Ok(list) = HeaderValue::from_str(&list.join(", ")) {
        headers.insert(answer::GATEWAY_PARTS, list);
    }
    clients::no_store(headers);
}

/// The client's query without what is asked for later, and with what that needs.
pub(super) fn rest(query: Option<&str>, included: &[String], fields: Option<&[String]>) -> String {
    let taken = ["include".to_owned(), "fields".to_owned()];
    let kept = values::remaining(query, &taken).into_owned();
    let list = |name: &str, words: &[String]| (!words.is_empty()).then(|| format!("{name}={}", words.join(",")));
    let pieces = [
        Some(kept).filter(|kept| !kept.is_empty()),
        list("include", included),
        fields.and_then(|fields| list("fields", fields)),
    ];
    pieces.into_iter().flatten().collect::<Vec<_>>().join("&")
}
