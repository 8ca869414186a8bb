//! `GET /internal/users/by-name`

use axum::extract::State;
use principal::Principal;
use problem::{Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{User, UserBatch};
use crate::{
    Service,
    access::{self, Action},
    domain::Username,
    error::Error,
    groups::{Of, of},
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindUser {
    /// In any case.
    #[param(example = "demo")]
    username: String,
}

/// Find an account by its name
///
/// For compositions: a list with one item, or none. Disabled accounts are found, so that what they wrote can be; deleted ones are not.
#[utoipa::path(
    get,
    path = "/internal/users/by-name",
    tag = "Internal",
    params(FindUser),
    extensions(("x-internal" = json!(true))),
    responses(
        (status = 200, description = "The account, if it exists.", body = UserBatch),
        (status = 400, description = "`invalid_parameter`: there is no name."),
    )
)]
pub(crate) async fn find_user(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<FindUser>,
) -> Result<(Of, Json<UserBatch>), Error> {
    access::check(Action::Internal, &caller, 0)?;
    let found = match Username::parse(&query.username) {
        Ok(name) => super::find(service.db.reader(), &name, false).await?,
        // Nobody can have it.
        Err(_) => None,
    };
    let groups = of::named(found.as_ref().map(|user| user.id));
    Ok((groups, Json(UserBatch { items: found.map(User::public).into_iter().collect() })))
}
