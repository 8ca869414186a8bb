//! The tags of an account. One version has two representations, the public one and the one for the account itself and
//! administrators. They have different tags, as they have different bytes; `If-Match` accepts either of the current version.

use http::HeaderMap;
use service::etag;

use crate::{entity::user, error::Error};

/// The tag of a representation: the counters, which others change, stand behind a dot.
pub(crate) fn tag(user: &user::Model, private: bool) -> String {
    format!("{}.{}.{}", version(user, private), user.followers_count, user.following_count)
}

/// Refuses a write whose `If-Match` does not name the current version. Who follows whom meanwhile is no conflict.
pub(crate) fn check(headers: &HeaderMap, user: &user::Model) -> Result<(), Error> {
    let current = [version(user, true), version(user, false)];
    let fits = |tag: &str| tag.split_once('.').is_some_and(|(named, _)| current.iter().any(|version| version == named));
    etag::check_by(headers, fits).map_err(|etag::Stale| Error::Stale)
}

fn version(user: &user::Model, private: bool) -> String {
    format!("{}-{}{}", user.id, user.version, if private { "-own" } else { "" })
}
