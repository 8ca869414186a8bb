//! `DELETE /posts/{id}`

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use principal::Principal;
use problem::Path;

use super::store;
use crate::{
    Service,
    access::{self, Action},
    accounts, blocks,
    error::Error,
    etag,
    groups::{Changed, Group, changed},
};

/// Delete a post
///
/// By its author or an administrator. Its comments, likes and pictures go with it.
#[utoipa::path(
    delete,
    path = "/posts/{id}",
    tag = "Posts",
    params(
        ("id" = i64, Path, description = "The post.", example = 42, minimum = 1),
        ("If-Match" = Option<String>, Header, description = "The version that is to be deleted.", nullable = false),
    ),
    responses(
        (status = 204, description = "The post has been deleted."),
        (status = 400, description = "The id is not a number."),
        (status = 403, description = "`forbidden`: the caller may not delete this. `blocked`: the caller has blocked its author."),
        (status = 404, description = "There is no such post, or no longer."),
        (status = 412, description = "The post was edited since the version in `If-Match`."),
    )
)]
pub(crate) async fn delete_post(
    State(service): State<Service>,
    caller: Principal,
    Path(id): Path<i64>,
    headers: HeaderMap,
) -> Result<(StatusCode, Changed), Error> {
    let writer = access::writer(&caller)?;
    let transaction = service.db.write().await?;
    accounts::enter(&transaction, writer).await?;
    let post = store::lock(&transaction, id).await?.ok_or(Error::NoSuchPost)?;
    if !access::may(Action::Delete, &caller, &[post.author_id]) {
        // An administrator deletes also what they are not shown.
        blocks::check(&transaction, &caller, post.author_id, Error::NoSuchPost).await?;
    }
    access::check(Action::Delete, &caller, &[post.author_id])?;
    etag::check(&headers, post.id, post.version)?;
    store::delete(&transaction, &post, service.clock.now()).await?;
    transaction.commit().await?;
    service.outbox.committed();
    if writer != post.author_id {
        tracing::info!(target: "audit", post_id = id, author_id = post.author_id, by = writer, "a post was deleted");
    }
    Ok((StatusCode::NO_CONTENT, changed::post(id, post.author_id).and(Group::CommentsOf(id)).and(Group::LikesOf(id))))
}
