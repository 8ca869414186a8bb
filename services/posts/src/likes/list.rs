//! `GET /posts/{id}/likes`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use principal::Principal;
use problem::{Path, Problem, Query};
use sea_orm::{EntityTrait as _, QueryFilter as _, Select, sea_query::Expr};
use serde::Serialize;
use service::{
    clock::rfc3339,
    page::{Page, PageParameters, Window, number},
};
use utoipa::ToSchema;

use crate::{
    Service,
    access::{self, Action},
    blocks,
    entity::like,
    error::Error,
    groups::{Group, of},
    posts::visible,
};

/// Somebody who likes a post.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Like {
    /// The account.
    #[schema(example = 8, minimum = 1)]
    pub(crate) user_id: i64,
    /// Since when.
    #[schema(format = DateTime, example = "2025-01-01T00:00:00.000Z")]
    pub(crate) created_at: String,
}

/// List who likes a post
///
/// The latest first, in pages that stay stable while likes come and go.
#[utoipa::path(
    get,
    path = "/posts/{id}/likes",
    tag = "Likes",
    params(("id" = i64, Path, description = "The post.", example = 42, minimum = 1), PageParameters),
    responses(
        (status = 200, description = "A page of likes.", body = Page<Like>, headers(("Link" = String, description = "The next page."))),
        (status = 400, description = "`invalid_parameter` or `invalid_cursor`: a parameter is not valid."),
        (status = 404, description = "There is no such post."),
    )
)]
pub(crate) async fn list_likes(
    State(service): State<Service>,
    caller: Principal,
    Path(id): Path<i64>,
    Query(parameters): Query<PageParameters>,
) -> Result<Response, Error> {
    access::check(Action::Read, &caller, &[])?;
    let window = Window::new(&parameters, format!("likes of {id}"))?;
    let db = service.db.reader();
    visible(db, &caller, id).await?;
    let rows = select(id, &caller, &window)?.all(db).await?;
    let item = |like: like::Model| Like { user_id: like.user_id, created_at: rfc3339(like.created_at) };
    let page = window.page(rows, |like| (like.created_at, like.user_id.to_string()), item);
    let groups = of::seen(Group::LikesOf(id), &caller);
    Ok((groups, page.respond(&[("limit", window.limit.to_string())])).into_response())
}

fn select(post: i64, caller: &Principal, window: &Window) -> Result<Select<like::Entity>, Problem> {
    let user = Expr::col((like::Entity, like::Column::UserId));
    let likes = like::Entity::find().filter(like::COLUMN.post_id.eq(post)).filter(blocks::unhidden(&user, caller));
    window.newest(likes, (Expr::col(like::Column::CreatedAt), user), number)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::select;
    use crate::plans::{assert_reads_from, on_both, viewers, windows};

    #[tokio::test]
    async fn a_page_of_likes_is_read_from_its_index() {
        on_both(async |db| {
            for (window, viewer) in windows("likes").iter().flat_map(|window| viewers().map(|viewer| (window, viewer)))
            {
                assert_reads_from(&db, "likes_post_id_created_at_user_id_idx", select(1, &viewer, window).unwrap())
                    .await;
            }
        })
        .await;
    }
}
