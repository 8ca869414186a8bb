//! `PUT /users/{username}`

use axum::{extract::State, response::Response};
use http::HeaderMap;
use principal::Principal;
use problem::{Json, Path};

use super::{
    User,
    change::{self, Target},
    fields::ReplaceUser,
    respond,
};
use crate::{Service, error::Error};

/// Replace a profile
///
/// By the account itself or an administrator. What is left out becomes empty, the e-mail address too; username, roles,
/// `is_active` and counts are not part of the profile and stay.
#[utoipa::path(
    put,
    path = "/users/{username}",
    tag = "Users",
    params(
        ("username" = String, Path, description = "The username.", example = "ada"),
        ("If-Match" = Option<String>, Header, description = "The version that is to be replaced.", nullable = false),
    ),
    request_body = ReplaceUser,
    responses(
        (status = 200, description = "The account as it is now.", body = User, headers(("ETag" = String, description = "The version."))),
        (status = 403, description = "The caller may not change this."),
        (status = 404, description = "There is no such account."),
        (status = 409, description = "`email_taken`: another account uses this e-mail address."),
        (status = 412, description = "The account has changed since the version in `If-Match`."),
    )
)]
pub(crate) async fn replace_user(
    State(service): State<Service>,
    caller: Principal,
    Path(username): Path<String>,
    headers: HeaderMap,
    Json(body): Json<ReplaceUser>,
) -> Result<Response, Error> {
    let (user, changed) = change::apply(&service, &caller, Target::Named(username), &headers, body.parse()?).await?;
    Ok(respond(&caller, &HeaderMap::new(), user, changed))
}
