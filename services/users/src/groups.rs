//! What caches in front of this service may know of its answers (RFC 9875): a read names the groups that it belongs to, a
//! write those that it has changed, and whatever belongs to one of these is stale.
//!
//! A read belongs to a group of everything that its body is made of, so a write need not know who reads:
//!
//! | group | belongs to it | changed by |
//! | --- | --- | --- |
//! | `user:7` | account 7, alone or in a batch | every change of it, its creation and deletion |
//! | `users` | every list, and batches of many | every change of any account |
//! | `sessions-of:7` | the sessions of account 7 | a login, a refresh, a logout, a new password, disabling, deletion |
//! | `viewer:7` | other accounts as account 7 sees them | other roles of account 7 |
//!
//! A write names its groups also if nothing is different now: it may be the repetition of one whose answer was lost on its way.
//! What an operator changes on the command line is answered to nobody, and found out when a cache's entry ends.
//!
//! Errors belong to no group: no problem document is ever stored. How long and for whom an answer is kept is the business of
//! who publishes it, since most answers depend on the caller; only what nobody may keep says so, in [`never_stored`].

use std::fmt;

use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::{HeaderName, HeaderValue, header::CACHE_CONTROL};
use principal::Principal;

/// The field of a read.
pub(crate) const CACHE_GROUPS: HeaderName = HeaderName::from_static("cache-groups");
/// The field of a write.
pub(crate) const INVALIDATION: HeaderName = HeaderName::from_static("cache-group-invalidation");

/// The most groups of single accounts that one answer names.
const MOST: usize = 50;

/// What changes as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// One account.
    User(i64),
    /// All of them.
    Users,
    /// The sessions of an account.
    SessionsOf(i64),
    /// What an account may see of others.
    Viewer(i64),
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Users => f.write_str("users"),
            Self::SessionsOf(id) => write!(f, "sessions-of:{id}"),
            Self::Viewer(id) => write!(f, "viewer:{id}"),
        }
    }
}

/// The groups that an answer belongs to; part of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Of(Vec<Group>);

impl Of {
    /// One account, as this caller sees it. To everybody but itself it looks as their roles want it.
    pub(crate) fn user(id: i64, caller: &Principal) -> Self {
        let viewer = caller.user_id().filter(|viewer| *viewer != id);
        Self([Group::User(id)].into_iter().chain(viewer.map(Group::Viewer)).collect())
    }

    /// A list of accounts, as this caller sees it. The accounts in it are not named: a change of one of them is a change of
    /// `users`, as is one that puts another account among them.
    pub(crate) fn users(caller: &Principal) -> Self {
        Self([Group::Users].into_iter().chain(caller.user_id().map(Group::Viewer)).collect())
    }

    /// The public side of these accounts; one that does not exist yet is among them when it does.
    pub(crate) fn batch(ids: &[i64]) -> Self {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > MOST { Self(vec![Group::Users]) } else { Self(ids.into_iter().map(Group::User).collect()) }
    }

    /// The sessions of an account.
    pub(crate) fn sessions_of(id: i64) -> Self {
        Self(vec![Group::SessionsOf(id)])
    }
}

/// The groups that a write has changed, maybe none; part of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changed(Vec<Group>);

impl Changed {
    /// An account: it is itself, and in lists.
    pub(crate) fn user(id: i64) -> Self {
        Self(vec![Group::User(id), Group::Users])
    }

    /// The sessions of an account.
    pub(crate) fn sessions_of(id: i64) -> Self {
        Self::default().and(Group::SessionsOf(id))
    }

    /// This group, too.
    pub(crate) fn and(mut self, group: Group) -> Self {
        self.0.push(group);
        self
    }

    /// The field's value, unless nothing has changed.
    pub(crate) fn value(&self) -> Option<HeaderValue> {
        strings(&self.0)
    }
}

impl IntoResponseParts for Of {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Self::Error> {
        strings(&self.0).map(|value| response.headers_mut().insert(CACHE_GROUPS, value));
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

/// A list of strings (RFC 9651, section 3.1). No group has a character that would have to be escaped.
fn strings(groups: &[Group]) -> Option<HeaderValue> {
    let strings: Vec<String> = groups.iter().map(|group| format!("\"{group}\"")).collect();
    (!strings.is_empty()).then(|| HeaderValue::try_from(strings.join(", ")).ok()).flatten()
}

/// Makes an answer one that no cache may keep, not even the caller's own.
pub(crate) async fn never_stored(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn person(id: &str) -> Principal {
        Principal { sub: Some(id.to_owned()), ..Principal::anonymous() }
    }

    #[test]
    fn groups_are_a_list_of_strings() {
        let all = Changed::user(7).and(Group::SessionsOf(7)).and(Group::Viewer(7));
        assert_eq!(all.value().unwrap(), "\"user:7\", \"users\", \"sessions-of:7\", \"viewer:7\"");
        assert_eq!(Changed::default().value(), None);
    }

    #[test]
    fn what_depends_on_roles_belongs_to_its_viewer() {
        assert_eq!(Of::user(7, &Principal::anonymous()).0, [Group::User(7)]);
        assert_eq!(Of::user(7, &person("7")).0, [Group::User(7)]);
        assert_eq!(Of::user(7, &person("8")).0, [Group::User(7), Group::Viewer(8)]);
        assert_eq!(Of::users(&Principal::service("feed")).0, [Group::Users]);
        assert_eq!(Of::users(&person("8")).0, [Group::Users, Group::Viewer(8)]);
    }

    #[test]
    fn a_large_batch_belongs_to_all_accounts_at_once() {
        assert_eq!(Of::batch(&[2, 1, 2]).0, [Group::User(1), Group::User(2)]);
        let many: Vec<i64> = (1..=51).collect();
        assert_eq!(Of::batch(&many[..50]).0.len(), 50);
        assert_eq!(Of::batch(&many).0, [Group::Users]);
    }
}
