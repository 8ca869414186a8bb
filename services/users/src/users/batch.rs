//! `GET /internal/users`

use axum::extract::State;
use principal::Principal;
use problem::{Json, Query};
use sea_orm::{EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde::{Deserialize, Serialize};
use service::parameters;
use utoipa::{IntoParams, ToSchema};

use super::User;
use crate::{
    Service,
    access::{self, Action},
    entity::user,
    error::Error,
    groups::{Of, of},
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchUsers {
    /// 1–100 ids, separated by commas.
    #[param(value_type = Vec<i64>, style = Form, explode = false, min_items = 1, max_items = 100)]
    ids: String,
}

/// The accounts that were asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct UserBatch {
    /// Each account once, by id; those that do not exist are left out.
    pub(crate) items: Vec<User>,
}

/// Read several accounts by id
///
/// For compositions and other services. Disabled accounts are among them, so that what they wrote keeps its author;
/// deleted ones are not.
#[utoipa::path(
    get,
    path = "/internal/users",
    tag = "Internal",
    params(BatchUsers),
    extensions(("x-internal" = json!(true))),
    responses(
        (status = 200, description = "The accounts that exist.", body = UserBatch),
        (status = 400, description = "`invalid_parameter`: not 1 to 100 ids."),
    )
)]
pub(crate) async fn batch_users(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<BatchUsers>,
) -> Result<(Of, Json<UserBatch>), Error> {
    access::check(Action::Internal, &caller, 0)?;
    let ids = parameters::ids(&query.ids)?;
    let groups = of::batch(&ids);
    let users = user::Entity::find()
        .filter(user::COLUMN.id.is_in(ids))
        .filter(user::COLUMN.deleted_at.is_null())
        .order_by_asc(user::Column::Id)
        .all(service.db.reader())
        .await?;
    Ok((groups, Json(UserBatch { items: users.into_iter().map(User::public).collect() })))
}
