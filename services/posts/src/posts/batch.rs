//! `GET /internal/posts`

use axum::extract::State;
use principal::Principal;
use problem::{Json, Query};
use sea_orm::{EntityTrait as _, QueryFilter as _, QueryOrder as _, sea_query::Expr};
use serde::{Deserialize, Serialize};
use service::parameters;
use utoipa::{IntoParams, ToSchema};

use super::{Post, with_media};
use crate::{
    Service,
    access::{self, Action},
    blocks,
    entity::post,
    error::Error,
    groups::{Of, of},
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchPosts {
    /// 1–100 ids, separated by commas.
    #[param(value_type = Vec<i64>, style = Form, explode = false, min_items = 1, max_items = 100)]
    ids: String,
}

/// The posts that were asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PostBatch {
    /// Each post once, by id; those that do not exist, or that the caller is not to see, are left out.
    pub(crate) items: Vec<Post>,
}

/// Read several posts by id
///
/// For compositions and other services; those who ask for themselves see all of them.
#[utoipa::path(
    get,
    path = "/internal/posts",
    tag = "Internal",
    params(BatchPosts),
    extensions(("x-internal" = json!(true))),
    responses(
        (status = 200, description = "The posts that exist.", body = PostBatch),
        (status = 400, description = "`invalid_parameter`: not 1 to 100 ids."),
    )
)]
pub(crate) async fn batch_posts(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<BatchPosts>,
) -> Result<(Of, Json<PostBatch>), Error> {
    access::check(Action::Internal, &caller, &[])?;
    let ids = parameters::ids(&query.ids)?;
    let groups = of::posts(&ids, &caller);
    let author = Expr::col((post::Entity, post::Column::AuthorId));
    let db = service.db.reader();
    let rows = post::Entity::find()
        .filter(post::COLUMN.id.is_in(ids))
        .filter(blocks::unhidden(&author, &caller))
        .order_by_asc(post::Column::Id)
        .all(db)
        .await?;
    let rows = with_media(db, rows).await?;
    Ok((groups, Json(PostBatch { items: rows.into_iter().map(|(post, media)| Post::new(post, media)).collect() })))
}
