//! `PATCH /users/{username}`

use axum::{extract::State, response::Response};
use http::HeaderMap;
use principal::Principal;
use problem::{Json, Path};

use super::{
    User,
    change::{self, Target},
    fields::UpdateUser,
    respond,
};
use crate::{Service, error::Error};

/// Change an account
///
/// A JSON merge patch: what is left out stays, `null` takes a value away. The profile is changed by the account itself or
/// an administrator; `roles` and `is_active` by an administrator, and never one's own. Other roles, and disabling, make
/// the account's access tokens worthless at once.
#[utoipa::path(
    patch,
    path = "/users/{username}",
    tag = "Users",
    params(
        ("username" = String, Path, description = "The username.", example = "ada"),
        ("If-Match" = Option<String>, Header, description = "The version that the change was made from.", nullable = false),
    ),
    request_body(content((UpdateUser = "application/json"), (UpdateUser = "application/merge-patch+json"))),
    responses(
        (status = 200, description = "The account as it is now.", body = User, headers(("ETag" = String, description = "The version."))),
        (status = 403, description = "The caller may not change this."),
        (status = 404, description = "There is no such account."),
        (status = 409, description = "`email_taken`: another account uses this e-mail address. `conflict`: the last active administrator has to stay one."),
        (status = 412, description = "The account has changed since the version in `If-Match`."),
    )
)]
pub(crate) async fn update_user(
    State(service): State<Service>,
    caller: Principal,
    Path(username): Path<String>,
    headers: HeaderMap,
    Json(body): Json<UpdateUser>,
) -> Result<Response, Error> {
    let (user, changed) = change::apply(&service, &caller, Target::Named(username), &headers, body.parse()?).await?;
    Ok(respond(&caller, &HeaderMap::new(), user, changed))
}
