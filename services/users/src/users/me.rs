//! `GET`, `PATCH` and `DELETE /users/me`

use axum::{extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use principal::Principal;
use problem::Json;

use super::{
    User,
    change::{self, Target},
    delete,
    fields::UpdateMe,
    find_by_id, respond,
};
use crate::{
    Service, access,
    error::Error,
    groups::{Changed, of},
};

/// Show the caller's own account
///
/// With `email` and `is_active`.
#[utoipa::path(
    get,
    path = "/users/me",
    tag = "Users",
    responses(
        (status = 200, description = "The caller's account.", body = User, headers(("ETag" = String, description = "The version."))),
        (status = 304, description = "The caller has this version already (`If-None-Match`)."),
        (status = 404, description = "The account has been deleted."),
    )
)]
pub(crate) async fn show_me(
    State(service): State<Service>,
    caller: Principal,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let id = access::signed_in(&caller)?;
    let user = find_by_id(service.db.reader(), id, false).await?.ok_or(Error::NoSuchUser)?;
    Ok(respond(&caller, &headers, user, of::user(id, &caller)))
}

/// Change the caller's own profile
///
/// A JSON merge patch: what is left out stays, `null` takes a value away. Roles and `is_active` cannot be named here.
#[utoipa::path(
    patch,
    path = "/users/me",
    tag = "Users",
    params(("If-Match" = Option<String>, Header, description = "The version that the change was made from.", nullable = false)),
    request_body(content((UpdateMe = "application/json"), (UpdateMe = "application/merge-patch+json"))),
    responses(
        (status = 200, description = "The account as it is now.", body = User, headers(("ETag" = String, description = "The version."))),
        (status = 403, description = "The account is disabled."),
        (status = 404, description = "The account has been deleted."),
        (status = 409, description = "`email_taken`: another account uses this e-mail address."),
        (status = 412, description = "The account has changed since the version in `If-Match`."),
    )
)]
pub(crate) async fn update_me(
    State(service): State<Service>,
    caller: Principal,
    headers: HeaderMap,
    Json(body): Json<UpdateMe>,
) -> Result<Response, Error> {
    let id = access::signed_in(&caller)?;
    let (user, changed) = change::apply(&service, &caller, Target::Id(id), &headers, body.parse()?).await?;
    Ok(respond(&caller, &HeaderMap::new(), user, changed))
}

/// Delete the caller's own account
///
/// The username is never given out again, the e-mail address is free at once, every session ends.
#[utoipa::path(
    delete,
    path = "/users/me",
    tag = "Users",
    params(("If-Match" = Option<String>, Header, description = "The version that is to be deleted.", nullable = false)),
    responses(
        (status = 204, description = "The account has been deleted."),
        (status = 404, description = "The account has been deleted before."),
        (status = 409, description = "`conflict`: the last active administrator cannot leave."),
        (status = 412, description = "The account has changed since the version in `If-Match`."),
    )
)]
pub(crate) async fn delete_me(
    State(service): State<Service>,
    caller: Principal,
    headers: HeaderMap,
) -> Result<(StatusCode, Changed), Error> {
    let id = access::signed_in(&caller)?;
    let changed = delete::delete(&service, &caller, Target::Id(id), &headers).await?;
    Ok((StatusCode::NO_CONTENT, changed))
}
