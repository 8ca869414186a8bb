//! The tags of a post, `ID-VERSION.SEQ`, and of a comment, `ID-VERSION`. A post has other bytes with every like, so its tag has
//! another end; `If-Match` compares what is before it: a like in between is no conflict with an edit.

use http::HeaderMap;
use service::etag::{self, Stale};

use crate::{
    entity::{comment, post},
    error::Error,
};

/// The tag of a post.
pub(crate) fn of_post(post: &post::Model) -> String {
    format!("{}.{}", edition(post.id, post.version), post.seq)
}

/// The tag of a comment.
pub(crate) fn of_comment(comment: &comment::Model) -> String {
    edition(comment.id, comment.version)
}

/// A thing in one version.
fn edition(id: i64, version: i64) -> String {
    format!("{id}-{version}")
}

/// Refuses a write whose `If-Match` does not name the current version.
pub(crate) fn check(headers: &HeaderMap, id: i64, version: i64) -> Result<(), Error> {
    let current = edition(id, version);
    let fits = |tag: &str| tag.split_once('.').map_or(tag, |(edition, _)| edition) == current;
    etag::check_by(headers, fits).map_err(|Stale| Error::Stale)
}
