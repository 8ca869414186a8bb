//! Asks for what is not kept, and keeps it if it may be: the admit phase.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Instant;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, ETAG, EXPIRES, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use tokio::runtime::Handle;

use super::entry::{self, Entry, Made, Validators};
use super::flight::{Landed, Lead};
use super::freshness::Times;
use super::groups::{self, CACHE_GROUP_INVALIDATION, CACHE_GROUPS, Group};
use super::key::Key;
use super::look_up::{Inquiry, now};
use super::policy::{self, Allowance, Answered, Reason};
use super::terms::Terms;
use super::vary::Selecting;
use super::{conditional, control::Directives, tag};
use crate::answer;
use crate::body::{Collected, Source};
use crate::error::GatewayError;
use crate::forward::Intake;
use crate::plan::{Caching, Scope};
use crate::routes::Found;

/// What came of a call.
pub(crate) enum Filled {
    /// An answer that may be shared, and whether it is kept for later requests too. `code` is what the service answered.
    Kept { entry: Arc<Entry>, code: StatusCode, stored: bool },
    /// An answer for the one who asked.
    Passed(Box<Response<Source>>, Reason),
}

impl Filled {
    /// Whether it is an answer that a stale one may stand in for (RFC 5861, section 4).
    pub(super) fn is_failure(&self) -> bool {
        match self {
            Self::Kept { .. } => false,
            Self::Passed(response, _) => matches!(response.status().as_u16(), 500 | 502..=504),
        }
    }
}

/// What those are told who waited for a call.
pub(super) fn landed(filled: &Result<Filled, GatewayError>) -> Landed {
    match filled {
        Ok(Filled::Kept { entry, .. }) => Landed::Kept(Arc::clone(entry)),
        Err(error) if error.status().is_server_error() => Landed::Failed(error.clone()),
        Ok(Filled::Passed(..)) | Err(_) => Landed::Unshared,
    }
}

type Call = Pin<Box<dyn Future<Output = Result<Filled, GatewayError>> + Send>>;

/// A call that others wait for: if its client leaves, it goes on as a task of its own.
pub(super) struct Led {
    call: Option<Call>,
    tasks: boot::Tasks,
}

impl Led {
    pub(super) fn new(inquiry: Inquiry, key: Key, kept: Option<Arc<Entry>>, asked: Directives, lead: Lead) -> Self {
        let tasks = inquiry.plane.shared.tasks.clone();
        let call = async move {
            let filled = fill(inquiry, key, kept, asked).await;
            lead.land(landed(&filled));
            filled
        };
        Self { call: Some(Box::pin(call)), tasks }
    }
}

impl Future for Led {
    type Output = Result<Filled, GatewayError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let Some(call) = &mut self.call else { return Poll::Pending };
        let polled = call.as_mut().poll(context);
        if polled.is_ready() {
            self.call = None;
        }
        polled
    }
}

impl Drop for Led {
    fn drop(&mut self) {
        // Where the thread ends there is nobody left to wait.
        if let (Some(call), Ok(_)) = (self.call.take(), Handle::try_current()) {
            drop(self.tasks.spawn("cache fill", call));
        }
    }
}

/// Asks a service for what `key` stands for, and keeps the answer if that is allowed. `kept` is what was kept before, which
/// the service may say still holds.
pub(super) async fn fill(
    inquiry: Inquiry,
    key: Key,
    kept: Option<Arc<Entry>>,
    asked: Directives,
) -> Result<Filled, GatewayError> {
    let caching = inquiry.caching()?;
    let kept = kept.filter(|kept| !kept.validators.is_none() && !caching.composed);
    let began = inquiry.plane.shared.cache.groups.now();
    let sent = Instant::now();
    let response = ask(&inquiry, kept.as_deref()).await?;
    let times = Times::since(sent);
    let filling = Filling { inquiry: &inquiry, caching, asked: &asked, began, times };
    match (response.status(), kept) {
        (StatusCode::NOT_MODIFIED, Some(kept)) => match filling.still_holds(&key, &kept, response.headers()) {
            Some(filled) => Ok(filled),
            // It speaks of another answer than the one that is kept.
            None => {
                let response = ask(&inquiry, None).await?;
                filling.keep(key, response).await
            }
        },
        _ => filling.keep(key, response).await,
    }
}

/// Asks for the whole answer, or whether the kept one still holds.
async fn ask(inquiry: &Inquiry, kept: Option<&Entry>) -> Result<Response<Source>, GatewayError> {
    let mut request = request(inquiry)?;
    // What is kept is the whole answer, also where somebody who wants its head only has found it out of date.
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
            let target = match super::sent_query(query, declared) {
                none if none.is_empty() => inquiry.head.uri.path().to_owned(),
                query => format!("{}?{query}", inquiry.head.uri.path()),
            };
            PathAndQuery::try_from(target).map(Uri::from).map_err(|_| GatewayError::RouteNotFound)?
        }
        _ => inquiry.head.uri.clone(),
    };
    *request.version_mut() = inquiry.head.version;
    *request.headers_mut() = inquiry.head.headers.clone();
    Ok(request)
}

async fn send(inquiry: &Inquiry, request: Request<Intake>) -> Result<Response<Source>, GatewayError> {
    let Inquiry { plane, connection, context, route, caller, .. } = inquiry;
    let caller = match &inquiry.caching()?.scope {
        Scope::Public => plane.anonymous(),
        scope => caller.seen_as(super::visible(scope, caller.principal())),
    };
    // Found again, because the request may have travelled to a task, away from what its parameters were borrowed from.
    let Found::Route { parameters, .. } =
        plane.surface().plan.table.find(&inquiry.head.method, inquiry.head.uri.path())
    else {
        return Err(GatewayError::RouteNotFound);
    };
    let mut response = answer::answer(plane, connection, context, (*route, parameters), &caller, request).await?;
    // Reading ends nothing, whatever a service says (RFC 9875, section 3).
    response.headers_mut().remove(CACHE_GROUP_INVALIDATION);
    Ok(response)
}

/// An answer that has arrived, and what decides whether it is kept.
struct Filling<'a> {
    inquiry: &'a Inquiry,
    caching: &'a Caching,
    asked: &'a Directives,
    began: u64,
    times: Times,
}

impl Filling<'_> {
    /// Keeps an answer, or says why not.
    async fn keep(&self, key: Key, mut response: Response<Source>) -> Result<Filled, GatewayError> {
        let terms = response.extensions_mut().remove::<Terms>();
        let judged = self.judge(response.status(), response.headers(), terms.as_ref());
        let (allowance, groups, selecting) = match judged {
            Ok(judged) => judged,
            Err(reason) => return Ok(self.passed(key, response, reason)),
        };
        let limit = self.inquiry.plane.settings().cache.object_bytes;
        let deadline =
            self.inquiry.context.started + self.inquiry.plane.surface().plan.route(self.inquiry.route).timeout;
        let code = response.status();
        let (head, source) = response.into_parts();
        let body = match source.collected_or_resumed(deadline, limit).await {
            Collected::Whole(body) => body,
            Collected::Resumed(source) => {
                return Ok(self.passed(key, Response::from_parts(head, source), Reason("too large")));
            }
            Collected::Broken(failure) => return Err(answer::broken(&self.inquiry.plane, self.inquiry.route, failure)),
        };
        // A copy of the exact size: what came from a connection may hold on to a much larger buffer.
        let body = Bytes::copy_from_slice(&body);
        let validators = if self.caching.composed { Validators::default() } else { copied(&head.headers) };
        let mut headers = entry::kept_fields(&head.headers, &body);
        let described = headers.contains_key(CACHE_CONTROL) || headers.contains_key(EXPIRES);
        entry::for_clients(&mut headers, self.caching.scope == Scope::Public, described);
        // The tag of a part names that part, which a client needs for its writes, and not the whole answer.
        let tagged = headers.contains_key(ETAG);
        let validates = self.caching.validates && !(tagged && self.caching.composed);
        if !tagged && self.caching.validates && head.status == StatusCode::OK {
            headers.insert(ETAG, tag::of(&body));
        }
        let made = Made {
            status: head.status,
            headers,
            body,
            selecting,
            allowance,
            arrived: now(),
            jitter: jitter(self.began),
            validators,
            validates,
            began: self.began,
            groups,
        };
        Ok(self.stored(key, made, code))
    }

    fn stored(&self, key: Key, made: Made, code: StatusCode) -> Filled {
        let cache = &self.inquiry.plane.shared.cache;
        let entry = Arc::new(Entry::new(made, cache.store.used()));
        // What changed while it was asked for is not kept; whoever asked before the change may have it.
        let holds = cache.groups.hold(&entry.groups, entry.began, &entry.checked);
        let stored = holds && cache.store.keep(key, Arc::clone(&entry));
        Filled::Kept { entry, code, stored }
    }

    /// An answer that is not kept. For a while those who want the same do not wait for one another.
    fn passed(&self, key: Key, mut response: Response<Source>, reason: Reason) -> Filled {
        response.headers_mut().remove(CACHE_GROUPS);
        if !response.status().is_server_error() {
            self.inquiry.plane.shared.cache.store.pass(key, now());
        }
        Filled::Passed(Box::new(response), reason)
    }

    fn judge(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        terms: Option<&Terms>,
    ) -> Result<(Allowance, Box<[Group]>, Selecting), Reason> {
        let answered = Answered { status, headers, terms, times: self.times };
        let allowance = policy::judge(self.caching, answered, self.asked)?;
        let has_validators = !self.caching.composed && !Validators::of(headers).is_none();
        let useful = allowance.lifetime.max(allowance.lifetime + allowance.while_revalidate.max(allowance.if_error));
        if useful <= allowance.age && !has_validators {
            return Err(Reason("expired"));
        }
        let named = match terms {
            Some(terms) => terms.groups.clone(),
            None => groups::listed(headers, &CACHE_GROUPS),
        };
        let groups = self.groups(&named.ok_or(Reason("groups"))?);
        if groups.len() > groups::MOST {
            return Err(Reason("groups"));
        }
        let selecting = Selecting::new(headers, &self.inquiry.head.headers, &self.caching.fields);
        Ok((allowance, groups, selecting.ok_or(Reason("vary"))?))
    }

    /// The groups that a service names, those of the route, and that of the path.
    fn groups(&self, named: &[String]) -> Box<[Group]> {
        let groups = &self.inquiry.plane.shared.cache.groups;
        let path = self.inquiry.head.uri.path();
        let tags =
            tag::names(&self.caching.tags, &self.inquiry.plane, &Method::GET, path, self.inquiry.caller.principal());
        let all = named.iter().chain(&tags).map(|name| groups.named(name));
        all.chain([groups.of_path(path)]).collect()
    }

    /// What is kept is fresh again, with what the service says anew (RFC 9111, section 4.3.4). None where the service means
    /// another answer.
    fn still_holds(&self, key: &Key, kept: &Entry, news: &HeaderMap) -> Option<Filled> {
        if news.get(ETAG).is_some_and(|told| kept.validators.etag.as_ref() != Some(told)) {
            return None;
        }
        let speaks = ["cache-control", "cdn-cache-control", "expires"].iter().any(|name| news.contains_key(*name));
        let allowance = if speaks {
            let answered = Answered { status: kept.status, headers: news, terms: None, times: self.times };
            policy::judge(self.caching, answered, self.asked).ok()?
        } else {
            Allowance { age: super::freshness::initial_age(news, self.times), ..kept.allowance }
        };
        let groups = match groups::listed(news, &CACHE_GROUPS)? {
            named if named.is_empty() => kept.groups.clone(),
            named => self.groups(&named),
        };
        let mut headers = kept.headers.clone();
        for (name, value) in &entry::kept_fields(news, &kept.body) {
            if !matches!(name.as_str(), "content-encoding" | "content-type" | "content-range" | "via") {
                headers.insert(name.clone(), value.clone());
            }
        }
        if speaks {
            entry::for_clients(&mut headers, self.caching.scope == Scope::Public, true);
        }
        let made = Made {
            status: kept.status,
            headers,
            body: kept.body.clone(),
            selecting: kept.selecting.clone(),
            allowance,
            arrived: now(),
            jitter: jitter(self.began),
            validators: kept.validators.clone(),
            validates: kept.validates,
            began: self.began,
            groups,
        };
        Some(self.stored(key.clone(), made, StatusCode::NOT_MODIFIED))
    }
}

fn copied(headers: &HeaderMap) -> Validators {
    let copy = |value: http::HeaderValue| http::HeaderValue::from_bytes(value.as_bytes()).ok();
    let Validators { etag, last_modified } = Validators::of(headers);
    Validators { etag: etag.and_then(copy), last_modified: last_modified.and_then(copy) }
}

/// Between 0 and 1, another one each time.
fn jitter(seed: u64) -> f64 {
    use std::hash::BuildHasher as _;
    thread_local! {
        static RANDOM: hashbrown::DefaultHashBuilder = hashbrown::DefaultHashBuilder::default();
    }
    let bits = RANDOM.with(|random| random.hash_one((seed, Instant::now())));
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}
