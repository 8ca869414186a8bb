//! Asks for what is not kept, and keeps it if it may be: the admit phase.

use std::sync::Arc;
use std::time::Instant;

use http::header::{CACHE_CONTROL, ETAG, EXPIRES, LAST_MODIFIED, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use super::entry::{self, Entry, Made, Validators};
use super::flight::Landed;
use super::freshness::{Times, now};
use super::groups::{self, CACHE_GROUPS, Group};
use super::inquiry::Inquiry;
use super::key::Key;
use super::policy::{self, Allowance, Answered, Reason};
use super::terms::Terms;
use super::vary::Selecting;
use super::{asking, clients, control::Directives, said, tag};
use crate::answer;
use crate::body::{Collected, Source};
use crate::error::GatewayError;
use crate::plan::{CacheClaim, Caching, Scope};

/// What came of a call.
pub(crate) enum Filled {
    /// An answer that may be shared, and whether it is kept for later requests too. `code` is what the service answered.
    Kept { entry: Arc<Entry>, code: StatusCode, stored: bool },
    /// An answer for the one who asked.
    Passed(Box<Response<Source>>, Reason),
}

impl Filled {
    /// Whether nothing better came of it.
    pub(super) fn is_failure(&self) -> bool {
        match self {
            Self::Kept { .. } => false,
            Self::Passed(response, _) => policy::is_failure(response.status()),
        }
    }
}

/// What those are told who waited for a call.
pub(super) fn landed(filled: &Result<Filled, GatewayError>) -> Landed {
    match filled {
        // Whoever waited may only be given what could be given from now on (RFC 9111, section 4).
        Ok(Filled::Kept { entry, .. }) if entry.is_usable(now()) => Landed::Kept(Arc::clone(entry)),
        // No service answered, whatever was asked of it. What one answered belongs to the request that it answered.
        Err(error @ (GatewayError::Upstream { .. } | GatewayError::Overloaded)) => Landed::Failed(error.clone()),
        Ok(_) | Err(_) => Landed::Unshared,
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
    let groups = &inquiry.plane.shared.cache.groups;
    let (began, sent) = (groups.now(), Instant::now());
    // What has changed since it was looked up is asked for anew: a service may tell apart less than has changed.
    let holds = |kept: &Arc<Entry>| groups.hold(&kept.groups, kept.began, &kept.checked);
    let kept = kept.filter(|kept| !kept.validators.is_none() && !caching.composed && holds(kept));
    let answered = asking::ask(&inquiry, kept.as_deref()).await;
    if let Err(error) = &answered
        && policy::is_news(error.status(), is_one_users(&inquiry))
    {
        // The service has refused: its words are not for clients, but what is kept is over.
        inquiry.plane.shared.cache.store.pass(key.clone(), &inquiry.head.headers, sent);
    }
    let response = answered?;
    let times = Times::since(sent);
    let filling = Filling { inquiry: &inquiry, caching, asked: &asked, began, sent, times };
    match (response.status(), kept) {
        (StatusCode::NOT_MODIFIED, Some(kept)) => match filling.still_holds(&key, &kept, response.headers()) {
            Some(filled) => Ok(filled),
            // It speaks of another answer than the one that is kept.
            None => {
                let response = asking::ask(&inquiry, None).await?;
                Filling { times: Times::since(sent), ..filling }.keep(key, response).await
            }
        },
        _ => filling.keep(key, response).await,
    }
}

/// Whether what is kept for such a request is kept for nobody else.
fn is_one_users(inquiry: &Inquiry) -> bool {
    let tells_users_apart = inquiry.caching().is_ok_and(|caching| caching.scope.claims().contains(&CacheClaim::Sub));
    tells_users_apart && inquiry.caller.principal().sub.is_some()
}

/// An answer that has arrived, and what decides whether it is kept.
struct Filling<'a> {
    inquiry: &'a Inquiry,
    caching: &'a Caching,
    asked: &'a Directives,
    began: u64,
    sent: Instant,
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
            Collected::Larger(source) => {
                return Ok(self.passed(key, Response::from_parts(head, source), Reason("too large")));
            }
            // It says of itself nothing that has not been said of the one that is kept.
            Collected::Slow(source) => {
                let mut response = Response::from_parts(head, source);
                response.headers_mut().remove(CACHE_GROUPS);
                return Ok(Filled::Passed(Box::new(response), Reason("slow")));
            }
            Collected::Broken(failure) => return Err(answer::broken(&self.inquiry.plane, self.inquiry.route, failure)),
        };
        let body = entry::counted(&body, self.inquiry.plane.shared.cache.store.used());
        let validators = if self.caching.composed { Validators::default() } else { copied(&head.headers) };
        // Whoever cannot be asked whether it still holds will not say anything new of it.
        let asks_again = !self.caching.composed && !Validators::of(&head.headers).is_none();
        let said = if asks_again { said::of(&head.headers) } else { Box::default() };
        let mut headers = entry::kept_fields(&head.headers, self.times);
        let described = headers.contains_key(CACHE_CONTROL) || headers.contains_key(EXPIRES);
        if self.caching.scope == Scope::Public {
            clients::shared(&mut headers, described);
        } else {
            clients::private(&mut headers);
        }
        let validates = self.caching.validates && self.tag(head.status, &mut headers, &body);
        // Of an answer that was put together, its oldest part says how old it is.
        let arrived = terms.and_then(|terms| terms.arrived).unwrap_or(self.times.arrived);
        let made = Made {
            status: head.status,
            headers,
            body,
            selecting,
            allowance,
            said,
            arrived,
            jitter: entry::jitter(self.began),
            validators,
            validates,
            began: self.began,
            sent: self.sent,
            groups,
        };
        Ok(self.stored(key, made, code))
    }

    /// Gives an answer a strong validator of its own, where its service has given none that names it. Says whether it has one then.
    fn tag(&self, status: StatusCode, headers: &mut HeaderMap, body: &[u8]) -> bool {
        let is_made_here = self.inquiry.plane.surface().plan.route(self.inquiry.route).composition.is_some();
        let own = match headers.get(ETAG) {
            // A service's tag is the version that a client needs for its writes, and does not name what was made of its answer.
            Some(part) if is_made_here => tag::of_whole(part, body),
            Some(_) => return true,
            None => Some(tag::of(body)),
        };
        let is_tagged = own.is_some() || !is_made_here;
        if let Some(tag) = own.filter(|_| status == StatusCode::OK) {
            headers.insert(ETAG, tag);
        }
        is_tagged
    }

    fn stored(&self, key: Key, mut made: Made, code: StatusCode) -> Filled {
        made.headers = entry::with_places(made.headers);
        let cache = &self.inquiry.plane.shared.cache;
        let entry = Arc::new(Entry::new(made, cache.store.used()));
        // What changed while it was asked for is not kept; whoever asked before the change may have it.
        let holds = cache.groups.hold(&entry.groups, entry.began, &entry.checked);
        let stored = holds && cache.store.keep(key, Arc::clone(&entry));
        Filled::Kept { entry, code, stored }
    }

    /// An answer that is not kept, and that ends an older one that was. For a while those who want the same do not wait for
    /// one another.
    fn passed(&self, key: Key, mut response: Response<Source>, reason: Reason) -> Filled {
        response.headers_mut().remove(CACHE_GROUPS);
        if policy::is_news(response.status(), is_one_users(self.inquiry)) {
            self.inquiry.plane.shared.cache.store.pass(key, &self.inquiry.head.headers, self.sent);
        }
        Filled::Passed(Box::new(response), reason)
    }

    fn judge(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        terms: Option<&Terms>,
    ) -> Result<(Allowance, Box<[Group]>, Selecting), Reason> {
        let signed_in = self.inquiry.caller.principal().sub.is_some();
        let answered = Answered { status, headers, terms, signed_in, times: self.times };
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
        let Validators { etag, last_modified } = &kept.validators;
        let means_another = match (news.get(ETAG), news.get(LAST_MODIFIED)) {
            (Some(told), _) => etag.as_ref() != Some(told),
            (None, told) => told.is_some() && told != last_modified.as_ref(),
        };
        if means_another {
            return None;
        }
        // A cookie is for whoever is asking, and an answer that depends on other fields is another one.
        if news.contains_key(SET_COOKIE) || !kept.selecting.covers(news) {
            return None;
        }
        let speaks = said::NAMES.iter().any(|name| news.contains_key(name));
        let said = said::anew(&kept.said, news);
        let signed_in = self.inquiry.caller.principal().sub.is_some();
        let answered = Answered { status: kept.status, headers: &said, terms: None, signed_in, times: self.times };
        let allowance = policy::judge(self.caching, answered, self.asked).ok()?;
        let groups = match groups::listed(news, &CACHE_GROUPS)? {
            named if named.is_empty() => kept.groups.clone(),
            named => self.groups(&named),
        };
        let mut headers = kept.headers.clone();
        let mut news_kept = entry::kept_fields(news, self.times);
        for name in ["content-encoding", "content-type", "content-range", "via"] {
            news_kept.remove(name);
        }
        news_kept.keys().for_each(|name| drop(headers.remove(name)));
        for (name, value) in &news_kept {
            headers.append(name.clone(), value.clone());
        }
        if speaks && self.caching.scope != Scope::Public {
            clients::private(&mut headers);
        }
        let made = Made {
            status: kept.status,
            headers,
            body: kept.body.clone(),
            selecting: kept.selecting.clone(),
            allowance,
            said: said::of(&said),
            arrived: self.times.arrived,
            jitter: entry::jitter(self.began),
            validators: kept.validators.clone(),
            validates: kept.validates,
            began: self.began,
            sent: self.sent,
            groups,
        };
        Some(self.stored(key.clone(), made, StatusCode::NOT_MODIFIED))
    }
}

fn copied(headers: &HeaderMap) -> Validators {
    let Validators { etag, last_modified } = Validators::of(headers);
    let copy = |value: Option<HeaderValue>| value.as_ref().map(entry::copy);
    Validators { etag: copy(etag), last_modified: copy(last_modified) }
}
