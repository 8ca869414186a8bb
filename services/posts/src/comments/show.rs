//! `GET /posts/{id}/comments/{comment_id}`

use axum::{extract::State, response::Response};
use http::HeaderMap;
use principal::Principal;
use problem::Path;

use super::{Comment, find, respond};
use crate::{
    Service,
    access::{self, Action},
    blocks,
    error::Error,
    groups::{Group, of},
    posts::visible,
};

/// Show a comment
///
/// Under the post that it belongs to, and no other.
#[utoipa::path(
    get,
    path = "/posts/{id}/comments/{comment_id}",
    tag = "Comments",
    params(
        ("id" = i64, Path, description = "The post.", example = 42, minimum = 1),
        ("comment_id" = i64, Path, description = "The comment.", example = 5, minimum = 1),
    ),
    responses(
        (status = 200, description = "The comment.", body = Comment, headers(("ETag" = String, description = "The version."))),
        (status = 304, description = "The caller has this version already (`If-None-Match`)."),
        (status = 400, description = "An id is not a number."),
        (status = 404, description = "There is no such comment under this post."),
    )
)]
pub(crate) async fn show_comment(
    State(service): State<Service>,
    caller: Principal,
    Path((post, id)): Path<(i64, i64)>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    access::check(Action::Read, &caller, &[])?;
    let db = service.db.reader();
    visible(db, &caller, post).await?;
    let comment = find(db, post, id).await?.ok_or(Error::NoSuchComment)?;
    if !blocks::sees(db, &caller, comment.author_id).await? {
        return Err(Error::NoSuchComment);
    }
    Ok(respond(&headers, comment, of::seen(Group::CommentsOf(post), &caller)))
}
