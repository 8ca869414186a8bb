//! What a request that may change something makes invalid (RFC 9111, section 4.4; RFC 9875, section 3).

use std::sync::Arc;

use http::header::{CONTENT_LOCATION, HOST, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Uri};
use principal::Principal;

use super::groups::Group;
use super::{Cache, tag};
use crate::body::Source;
use crate::error::GatewayError;
use crate::plan::Tag;
use crate::plane::Plane;

/// A request of an unsafe or unknown method, from before it is sent until its outcome is known. If that is never known – the
/// client left, no answer came – it may have changed something all the same, so its own path is over.
pub(crate) struct Write {
    cache: Arc<Cache>,
    path: Option<Box<str>>,
    host: Option<HeaderValue>,
    tags: Vec<String>,
}

impl Write {
    /// The write that a request is; none if its method is safe (RFC 9110, section 9.2.1).
    pub(crate) fn begin(
        plane: &Plane,
        tags: &[Tag],
        caller: &Principal,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Option<Self> {
        if method.is_safe() {
            return None;
        }
        Some(Self {
            cache: Arc::clone(&plane.shared.cache),
            path: Some(uri.path().into()),
            host: headers.get(HOST).cloned(),
            tags: tag::names(tags, plane, method, uri.path(), caller),
        })
    }

    /// Its outcome is known: everything that it changed is over before its answer is sent. A refusal changes nothing.
    pub(crate) fn settle(mut self, outcome: &Result<Response<Source>, GatewayError>) {
        let Some(path) = self.path.take() else { return };
        let groups = &self.cache.groups;
        match outcome {
            Ok(response) if response.status().is_client_error() => {}
            Ok(response) => {
                let mut over: Vec<Group> = self.tags.iter().map(|name| groups.named(name)).collect();
                over.push(groups.of_path(&path));
                let places = [LOCATION, CONTENT_LOCATION].map(|name| self.place(response.headers(), &name, &path));
                over.extend(places.iter().flatten().map(|place| groups.of_path(place)));
                groups.invalidate(over);
            }
            Err(error) if error.status().is_client_error() => {}
            Err(_) => self.path = Some(path),
        }
    }

    /// The path that a field names, if it is one of this origin: nobody may make invalid what belongs to another.
    fn place(&self, headers: &HeaderMap, name: &HeaderName, path: &str) -> Option<String> {
        let text = headers.get(name)?.to_str().ok()?;
        if text.starts_with('/') && !text.starts_with("//") {
            return Some(without_query(text).to_owned());
        }
        if text.starts_with(['?', '#']) {
            return Some(path.to_owned());
        }
        if let Some((_, rest)) = without_query(text).split_once("://") {
            let (authority, path) = rest.split_at(rest.find('/')?);
            let same =
                self.host.as_ref().is_some_and(|host| host.as_bytes().eq_ignore_ascii_case(authority.as_bytes()));
            return same.then(|| without_query(path).to_owned());
        }
        if text.starts_with("//") {
            return None;
        }
        let (directory, _) = path.rsplit_once('/')?;
        Some(format!("{directory}/{}", without_query(text)))
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            let groups = &self.cache.groups;
            let tags = self.tags.iter().map(|name| groups.named(name));
            groups.invalidate(tags.chain([groups.of_path(&path)]));
        }
    }
}

fn without_query(text: &str) -> &str {
    text.split(['?', '#']).next().unwrap_or(text)
}
