//! What caches in front of a service may know of its answers (RFC 9875): a read names the groups that it belongs to, a write
//! those that it has changed, and whatever belongs to one of these is stale.
//!
//! A read belongs to a group of everything that its body is made of, so a write need not know who reads. A write names its groups
//! also if nothing is different now: it may be the repetition of one whose answer was lost on its way. Errors belong to no group: no
//! problem document is ever stored. How long and for whom an answer is kept is the business of who publishes it, since most answers
//! depend on the caller; only what nobody may keep says so, in [`never_stored`].

use std::fmt::Display;

use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::{HeaderName, HeaderValue, header::CACHE_CONTROL};

/// The field of a read.
pub const CACHE_GROUPS: HeaderName = HeaderName::from_static("cache-groups");
/// The field of a write.
pub const INVALIDATION: HeaderName = HeaderName::from_static("cache-group-invalidation");

/// The groups that an answer belongs to; part of a response. No group has a character that would have to be escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Of(Vec<String>);

/// The groups that a write has changed, maybe none; part of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed(Vec<String>);

impl Of {
    /// These groups.
    pub fn new<G: Display>(groups: impl IntoIterator<Item = G>) -> Self {
        Self(groups.into_iter().map(|group| group.to_string()).collect())
    }

    /// The field's value, unless there is no group.
    #[must_use]
    pub fn value(&self) -> Option<HeaderValue> {
        strings(&self.0)
    }
}

impl Changed {
    /// These groups.
    pub fn new<G: Display>(groups: impl IntoIterator<Item = G>) -> Self {
        Self(groups.into_iter().map(|group| group.to_string()).collect())
    }

    /// This group, too.
    #[must_use]
    pub fn and(mut self, group: impl Display) -> Self {
        self.0.push(group.to_string());
        self
    }

    /// The field's value, unless nothing has changed.
    #[must_use]
    pub fn value(&self) -> Option<HeaderValue> {
        strings(&self.0)
    }
}

impl IntoResponseParts for Of {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Self::Error> {
        self.value().map(|value| response.headers_mut().insert(CACHE_GROUPS, value));
        Ok(response)
    }
}

impl IntoResponseParts for Changed {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Self::Error> {
        self.value().map(|value| response.headers_mut().insert(INVALIDATION, value));
        Ok(response)
    }
}

impl IntoResponse for Changed {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}

/// A list of strings (RFC 9651, section 3.1).
fn strings(groups: &[String]) -> Option<HeaderValue> {
    let strings: Vec<String> = groups.iter().map(|group| format!("\"{group}\"")).collect();
    (!strings.is_empty()).then(|| HeaderValue::try_from(strings.join(", ")).ok()).flatten()
}

/// Makes an answer one that no cache may keep, not even the caller's own.
pub async fn never_stored(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_a_list_of_strings() {
        assert_eq!(Changed::new(["user:7"]).and("users").value().unwrap(), "\"user:7\", \"users\"");
        assert_eq!(Changed::default().value(), None);
        assert_eq!(Of::new(["users"]).value().unwrap(), "\"users\"");
    }
}
