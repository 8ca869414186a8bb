//! `DELETE /posts/{id}/comments/{comment_id}`

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use principal::Principal;
use problem::Path;
use sea_orm::EntityTrait as _;

use super::lock;
use crate::{
    Service,
    access::{self, Action},
    accounts, blocks,
    entity::comment,
    error::Error,
    etag,
    groups::{Changed, Group, changed},
    posts::store,
};

/// Delete a comment
///
/// By its author, the author of the post, or an administrator.
#[utoipa::path(
    delete,
    path = "/posts/{id}/comments/{comment_id}",
    tag = "Comments",
    params(
        ("id" = i64, Path, description = "The post.", example = 42, minimum = 1),
        ("comment_id" = i64, Path, description = "The comment.", example = 5, minimum = 1),
        ("If-Match" = Option<String>, Header, description = "The version that is to be deleted.", nullable = false),
    ),
    responses(
        (status = 204, description = "The comment has been deleted."),
        (status = 400, description = "An id is not a number."),
        (status = 403, description = "`forbidden`: the caller may not delete this. `blocked`: the caller has blocked an author."),
        (status = 404, description = "There is no such comment under this post, or no longer."),
        (status = 412, description = "The comment was edited since the version in `If-Match`."),
    )
)]
pub(crate) async fn delete_comment(
    State(service): State<Service>,
    caller: Principal,
    Path((post, id)): Path<(i64, i64)>,
    headers: HeaderMap,
) -> Result<(StatusCode, Changed), Error> {
    let writer = access::writer(&caller)?;
    let transaction = service.db.write().await?;
    accounts::enter(&transaction, writer).await?;
    let post = store::lock(&transaction, post).await?.ok_or(Error::NoSuchPost)?;
    let comment = lock(&transaction, post.id, id).await?;
    let owners: Vec<i64> = comment.iter().map(|comment| comment.author_id).chain([post.author_id]).collect();
    if !access::may(Action::Delete, &caller, &owners) {
        // Whoever may delete it does so also if they are not shown it.
        for author in &owners {
            blocks::check(&transaction, &caller, *author, Error::NoSuchComment).await?;
        }
    }
    let comment = comment.ok_or(Error::NoSuchComment)?;
    access::check(Action::Delete, &caller, &owners)?;
    etag::check(&headers, comment.id, comment.version)?;
    comment::Entity::delete_by_id(id).exec(&transaction).await?;
    let post = store::count(&transaction, post, 0, -1, service.clock.now()).await?;
    transaction.commit().await?;
    service.outbox.committed();
    if !owners.contains(&writer) {
        tracing::info!(target: "audit", comment_id = id, author_id = comment.author_id, by = writer, "a comment was deleted");
    }
    Ok((StatusCode::NO_CONTENT, changed::post(post.id, post.author_id).and(Group::CommentsOf(post.id))))
}
