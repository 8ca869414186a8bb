//! `GET /posts/{id}`

use axum::{extract::State, response::Response};
use http::HeaderMap;
use principal::Principal;
use problem::Path;

use super::{Post, respond, visible};
use crate::{
    Service,
    access::{self, Action},
    error::Error,
    groups::{Group, of},
    media,
};

/// Show a post
///
/// Also without being signed in. Of two who have anything to do with a block neither sees the other's posts.
#[utoipa::path(
    get,
    path = "/posts/{id}",
    tag = "Posts",
    params(("id" = i64, Path, description = "The post.", example = 42, minimum = 1)),
    responses(
        (status = 200, description = "The post.", body = Post, headers(("ETag" = String, description = "The version."))),
        (status = 304, description = "The caller has this version already (`If-None-Match`)."),
        (status = 400, description = "The id is not a number."),
        (status = 404, description = "There is no such post."),
    )
)]
pub(crate) async fn show_post(
    State(service): State<Service>,
    caller: Principal,
    Path(id): Path<i64>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    access::check(Action::Read, &caller, &[])?;
    let db = service.db.reader();
    let post = visible(db, &caller, id).await?;
    let media = media::of_post(db, id).await?;
    Ok(respond(&headers, post, media, of::seen(Group::Post(id), &caller)))
}
