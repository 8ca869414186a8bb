//! `GET /tags` and `GET /tags/{tag}`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use principal::Principal;
use problem::{Json, Path, Query};
use sea_orm::FromQueryResult;
use serde::Serialize;
use service::{
    groups::Of,
    page::{Page, PageParameters, Window},
};
use utoipa::ToSchema;

use crate::{Service, error::Error, groups, public::name, sql::Sql};

/// What posts are about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema, FromQueryResult)]
pub(crate) struct Tag {
    /// Without `#`, in lower case.
    pub(crate) tag: String,
    /// How many posts have it, at least one.
    #[schema(minimum = 1)]
    pub(crate) posts_count: i64,
}

/// List tags
///
/// The one that most posts have first.
#[utoipa::path(
    get,
    path = "/tags",
    tag = "Tags",
    params(PageParameters),
    responses(
        (status = 200, description = "A page of tags.", body = Page<Tag>),
        (status = 400, description = "`invalid_parameter` or `invalid_cursor`."),
    )
)]
pub(crate) async fn list_tags(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<PageParameters>,
) -> Result<Response, Error> {
    let window = Window::new(&query, "tags".to_owned())?;
    let rows: Vec<Tag> = list(&window).all(service.db.reader()).await?;
    let page = window.page(rows, |tag| (tag.posts_count, tag.tag.clone()), |tag| tag);
    Ok((groups::public(&caller), page.respond(&[("limit", window.limit.to_string())])).into_response())
}

/// A page of tags and one more. A tag whose count changes between two pages may be on both or on none.
pub(crate) fn list(window: &Window) -> Sql {
    let mut sql = Sql::new("SELECT tag, posts_count FROM tags");
    if let Some((posts_count, tag)) = &window.after {
        sql = sql.add(" WHERE (posts_count, tag) < (").bind(*posts_count).add(", ").bind(tag.as_str()).add(")");
    }
    sql.add(" ORDER BY posts_count DESC, tag DESC LIMIT ").bind(window.limit + 1)
}

/// Show a tag
///
/// How many posts have it; in any case, without `#`.
#[utoipa::path(
    get,
    path = "/tags/{tag}",
    tag = "Tags",
    params(("tag" = String, Path, description = "The tag.", example = "engines")),
    responses(
        (status = 200, description = "The tag.", body = Tag),
        (status = 404, description = "No post has this tag."),
    )
)]
pub(crate) async fn show_tag(
    State(service): State<Service>,
    caller: Principal,
    Path(tag): Path<String>,
) -> Result<(Of, Json<Tag>), Error> {
    let sql = Sql::new("SELECT tag, posts_count FROM tags WHERE tag = ").bind(name(&tag));
    let tag = sql.one(service.db.reader()).await?.ok_or(Error::NoSuchTag)?;
    Ok((groups::public(&caller), Json(tag)))
}
