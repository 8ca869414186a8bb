//! What a request that may change something makes invalid (RFC 9111, section 4.4; RFC 9875, section 3).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use boot::Tasks;
use fluent_uri::{Uri, UriRef};
use http::header::{CONTENT_LOCATION, HOST, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use principal::Principal;
use tokio::runtime::Handle;
use upstream::Witness;

use super::groups::{self, Group};
use super::{Cache, tag};
use crate::body::Source;
use crate::error::GatewayError;
use crate::places;
use crate::plan::Route;
use crate::plane::Plane;

/// A request of an unsafe or unknown method, from before it is sent until its outcome is known. If that is never known – the
/// client left, no answer came – it may have changed something all the same, or still do so, so its own path is over: at once, and
/// again when the service has no time left for it. What was never sent changes nothing.
#[derive(Debug)]
pub(crate) struct Write {
    cache: Arc<Cache>,
    path: Option<Box<str>>,
    host: Option<HeaderValue>,
    tags: Vec<String>,
    /// Whether a service may have begun with it.
    sent: AtomicBool,
    /// Whether it was sent more than once.
    repeated: AtomicBool,
    /// How long a service may be at it.
    within: Duration,
    tasks: Tasks,
}

impl Write {
    /// The write that a request is; none if its method is safe (RFC 9110, section 9.2.1).
    pub(crate) fn begin<B>(plane: &Plane, route: &Route, caller: &Principal, request: &Request<B>) -> Option<Self> {
        let (method, path) = (request.method(), request.uri().path());
        if method.is_safe() {
            return None;
        }
        Some(Self {
            cache: Arc::clone(&plane.shared.cache),
            path: Some(path.into()),
            host: request.headers().get(HOST).cloned(),
            tags: tag::names(&route.invalidates, plane, method, path, caller),
            sent: AtomicBool::new(false),
            repeated: AtomicBool::new(false),
            within: route.timeout,
            tasks: plane.shared.tasks.clone(),
        })
    }

    /// Its outcome is known: everything that it changed is over before its answer is sent. A refusal changes nothing, if the
    /// request was sent once: what was deleted the first time is not found the second time.
    pub(crate) fn settle(mut self, outcome: &Result<Response<Source>, GatewayError>) {
        let repeated = *self.repeated.get_mut();
        let Some(path) = self.path.take() else { return };
        let groups = &self.cache.groups;
        match outcome {
            Ok(response) if response.status().is_client_error() && !repeated => {}
            Ok(response) => {
                let mut over = self.own(&path);
                let places = [LOCATION, CONTENT_LOCATION].map(|name| self.place(response.headers(), &name, &path));
                over.extend(places.iter().flatten().map(|place| groups.of_path(place)));
                groups.invalidate(over);
            }
            Err(error) if error.status().is_client_error() && !repeated => {}
            Err(_) => self.path = Some(path),
        }
    }

    /// What it changes whatever its service says: what its route names, and its own path.
    fn own(&self, path: &str) -> Vec<Group> {
        let groups = &self.cache.groups;
        self.tags.iter().map(|name| groups.named(name)).chain([groups.of_path(path)]).collect()
    }

    /// The path that a field names, if it is one of this origin: nobody may make invalid what belongs to another. Behind something
    /// that ends TLS the scheme is not known here.
    fn place(&self, headers: &HeaderMap, name: &HeaderName, path: &str) -> Option<String> {
        let named = reference(&places::reference(headers.get(name)?))?;
        let host = self.host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or_default();
        let own = Uri::parse(format!("http://{host}{}", groups::canonical(path))).ok()?.normalize();
        let place = named.resolve_against(&own).ok()?.normalize();
        let is_own = place.authority().map(|place| place.as_str()) == own.authority().map(|own| own.as_str());
        is_own.then(|| place.path().as_str().to_owned())
    }
}

/// What a field refers to. What may not stand in a reference is escaped, as everybody does who follows one.
fn reference(text: &str) -> Option<UriRef<String>> {
    const NEVER: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'<')
        .add(b'>')
        .add(b'[')
        .add(b']')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    let escaped = || UriRef::parse(utf8_percent_encode(text, NEVER).to_string()).ok();
    UriRef::parse(text.to_owned()).ok().or_else(escaped)
}

impl Witness for Write {
    fn begins(&self) {
        self.sent.store(true, Ordering::Relaxed);
    }

    fn head(&self, headers: &HeaderMap) {
        self.cache.end_named(headers);
    }

    fn repeats(&self) {
        self.repeated.store(true, Ordering::Relaxed);
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        let path = self.path.take().filter(|_| *self.sent.get_mut());
        let Some(path) = path else { return };
        let (groups, within) = (Arc::clone(&self.cache.groups), self.within);
        let over = self.own(&path);
        groups.invalidate(over.iter().copied());
        let place = Arc::clone(&self.cache.later).try_acquire_owned();
        if let (Ok(place), Ok(_)) = (place, Handle::try_current()) {
            let end = self.tasks.token();
            let later = async move {
                let _place = place;
                // At the end of the process nothing is given any more.
                if end.run_until_cancelled(tokio::time::sleep(within)).await.is_some() {
                    groups.invalidate(over);
                }
            };
            drop(self.tasks.spawn("cache write", later));
        }
    }
}

#[cfg(test)]
mod tests;
