//! `GET /internal/counts`

use std::collections::HashMap;

use axum::extract::State;
use principal::Principal;
use problem::{Json, Query};
use sea_orm::{EntityTrait as _, QueryFilter as _, QuerySelect as _};
use serde::{Deserialize, Serialize};
use service::parameters;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Service,
    access::{self, Action},
    entity::post,
    error::Error,
    groups::{Of, of},
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CountByAuthor {
    /// 1–100 ids of accounts, separated by commas.
    #[param(value_type = Vec<i64>, style = Form, explode = false, min_items = 1, max_items = 100)]
    ids: String,
}

/// How much an account has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AuthorCount {
    /// The account.
    #[schema(example = 7, minimum = 1)]
    pub(crate) id: i64,
    /// The number of its posts.
    #[schema(example = 12, minimum = 0)]
    pub(crate) posts_count: i64,
}

/// How much each account has written.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AuthorCounts {
    /// Each account once, by id; 0 for those who have written nothing, and for those that do not exist.
    pub(crate) items: Vec<AuthorCount>,
}

/// Count the posts of several accounts
///
/// For compositions: a profile has the number of posts.
#[utoipa::path(
    get,
    path = "/internal/counts",
    tag = "Internal",
    params(CountByAuthor),
    extensions(("x-internal" = json!(true))),
    responses(
        (status = 200, description = "A number for each account.", body = AuthorCounts),
        (status = 400, description = "`invalid_parameter`: not 1 to 100 ids."),
    )
)]
pub(crate) async fn count_by_author(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<CountByAuthor>,
) -> Result<(Of, Json<AuthorCounts>), Error> {
    access::check(Action::Internal, &caller, &[])?;
    let mut ids = parameters::ids(&query.ids)?;
    ids.sort_unstable();
    ids.dedup();
    let counted: Vec<(i64, i64)> = post::Entity::find()
        .select_only()
        .column(post::Column::AuthorId)
        .column_as(post::COLUMN.id.count(), "posts_count")
        .filter(post::COLUMN.author_id.is_in(ids.clone()))
        .group_by(post::Column::AuthorId)
        .into_tuple()
        .all(service.db.reader())
        .await?;
    let counted: HashMap<i64, i64> = counted.into_iter().collect();
    let count = |id: &i64| AuthorCount { id: *id, posts_count: counted.get(id).copied().unwrap_or_default() };
    Ok((of::counts(&ids), Json(AuthorCounts { items: ids.iter().map(count).collect() })))
}
