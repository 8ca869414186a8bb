//! `GET /posts/{id}/comments`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use principal::Principal;
use problem::{Path, Problem, Query};
use sea_orm::{EntityTrait as _, QueryFilter as _, Select, sea_query::Expr};
use service::page::{Page, PageParameters, Window, number};

use super::Comment;
use crate::{
    Service,
    access::{self, Action},
    blocks,
    entity::comment,
    error::Error,
    groups::{Group, of},
    posts::visible,
};

/// List the comments under a post
///
/// The oldest first, in pages that stay stable while comments come and go.
#[utoipa::path(
    get,
    path = "/posts/{id}/comments",
    tag = "Comments",
    params(("id" = i64, Path, description = "The post.", example = 42, minimum = 1), PageParameters),
    responses(
        (status = 200, description = "A page of comments.", body = Page<Comment>, headers(("Link" = String, description = "The next page."))),
        (status = 400, description = "`invalid_parameter` or `invalid_cursor`: a parameter is not valid."),
        (status = 404, description = "There is no such post."),
    )
)]
pub(crate) async fn list_comments(
    State(service): State<Service>,
    caller: Principal,
    Path(id): Path<i64>,
    Query(parameters): Query<PageParameters>,
) -> Result<Response, Error> {
    access::check(Action::Read, &caller, &[])?;
    let window = Window::new(&parameters, format!("comments of {id}"))?;
    let db = service.db.reader();
    visible(db, &caller, id).await?;
    let rows = select(id, &caller, &window)?.all(db).await?;
    let page = window.page(rows, |comment| (comment.created_at, comment.id.to_string()), Comment::from);
    let groups = of::seen(Group::CommentsOf(id), &caller);
    Ok((groups, page.respond(&[("limit", window.limit.to_string())])).into_response())
}

fn select(post: i64, caller: &Principal, window: &Window) -> Result<Select<comment::Entity>, Problem> {
    let author = Expr::col((comment::Entity, comment::Column::AuthorId));
    let comments =
        comment::Entity::find().filter(comment::COLUMN.post_id.eq(post)).filter(blocks::unhidden(&author, caller));
    window.oldest(comments, (Expr::col(comment::Column::CreatedAt), Expr::col(comment::Column::Id)), number)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::select;
    use crate::plans::{assert_reads_from, on_both, viewers, windows};

    #[tokio::test]
    async fn a_page_of_comments_is_read_from_its_index() {
        on_both(async |db| {
            for (window, viewer) in
                windows("comments").iter().flat_map(|window| viewers().map(|viewer| (window, viewer)))
            {
                assert_reads_from(&db, "comments_post_id_created_at_id_idx", select(1, &viewer, window).unwrap()).await;
            }
        })
        .await;
    }
}
