//! `GET /internal/post-viewer`

use std::collections::HashSet;

use axum::extract::State;
use principal::Principal;
use problem::{Json, Query};
use sea_orm::{DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use serde::{Deserialize, Serialize};
use service::parameters;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Service,
    access::{self, Action},
    entity::like,
    error::Error,
    groups::{Of, of},
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchPostViewer {
    /// 1–100 ids of posts, separated by commas.
    #[param(value_type = Vec<i64>, style = Form, explode = false, min_items = 1, max_items = 100)]
    ids: String,
}

/// What a post is to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PostViewer {
    /// The post.
    #[schema(example = 42, minimum = 1)]
    pub(crate) id: i64,
    /// Whether the caller likes it.
    pub(crate) liked: bool,
}

/// What each post is to the caller.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PostViewers {
    /// Each post once, by id; nobody likes what does not exist.
    pub(crate) items: Vec<PostViewer>,
}

/// Say what several posts are to the caller
///
/// For compositions, which show it as `viewer`. Whoever is not signed in likes nothing.
#[utoipa::path(
    get,
    path = "/internal/post-viewer",
    tag = "Internal",
    params(BatchPostViewer),
    extensions(("x-internal" = json!(true))),
    responses(
        (status = 200, description = "An item for each post.", body = PostViewers),
        (status = 400, description = "`invalid_parameter`: not 1 to 100 ids."),
    )
)]
pub(crate) async fn batch_post_viewer(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<BatchPostViewer>,
) -> Result<(Of, Json<PostViewers>), Error> {
    access::check(Action::Internal, &caller, &[])?;
    let mut ids = parameters::ids(&query.ids)?;
    ids.sort_unstable();
    ids.dedup();
    let liked = liked(&service, &caller, &ids).await?;
    let item = |id: &i64| PostViewer { id: *id, liked: liked.contains(id) };
    Ok((of::posts(&ids, &caller), Json(PostViewers { items: ids.iter().map(item).collect() })))
}

async fn liked(service: &Service, caller: &Principal, ids: &[i64]) -> Result<HashSet<i64>, DbErr> {
    let Some(user) = caller.user_id() else { return Ok(HashSet::new()) };
    let rows = like::Entity::find()
        .select_only()
        .column(like::Column::PostId)
        .filter(like::COLUMN.post_id.is_in(ids.to_vec()))
        .filter(like::COLUMN.user_id.eq(user))
        .into_tuple()
        .all(service.db.reader())
        .await?;
    Ok(rows.into_iter().collect())
}
