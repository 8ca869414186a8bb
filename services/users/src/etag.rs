//! The tags of an account. One version has two representations, the public one and the one for the account itself and
//! administrators. They have different tags, as they have different bytes; `If-Match` accepts either of the current version.

use http::HeaderMap;
use service::etag;

use crate::{entity::user, error::Error};

/// The tag of a representation.
pub(crate) fn tag(user: &user::Model, private: bool) -> String {
    format!("{}-{}{}", user.id, user.version, if private { "-own" } else { "" })
}

/// Refuses a write whose `If-Match` does not name the current version.
pub(crate) fn check(headers: &HeaderMap, user: &user::Model) -> Result<(), Error> {
    etag::check(headers, &[&tag(user, true), &tag(user, false)]).map_err(|etag::Stale| Error::Stale)
}
