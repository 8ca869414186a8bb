//! `GET /users/{username}`

use axum::{extract::State, response::Response};
use http::HeaderMap;
use principal::Principal;
use problem::Path;

use super::{User, find, named, respond};
use crate::{
    Service,
    access::{self, Action},
    error::Error,
    groups::of,
    relations,
};

/// Show an account
///
/// The account with this username, in any case. The account itself and administrators also see `email` and `is_active`.
/// A disabled account is visible to them only; one that has blocked the caller is not there.
#[utoipa::path(
    get,
    path = "/users/{username}",
    tag = "Users",
    params(("username" = String, Path, description = "The username.", example = "ada")),
    responses(
        (status = 200, description = "The account.", body = User, headers(("ETag" = String, description = "The version."))),
        (status = 304, description = "The caller has this version already (`If-None-Match`)."),
        (status = 404, description = "There is no such account."),
    )
)]
pub(crate) async fn show_user(
    State(service): State<Service>,
    caller: Principal,
    Path(username): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let user = find(service.db.reader(), &named(&username)?, false).await?.ok_or(Error::NoSuchUser)?;
    access::check(Action::Read, &caller, user.id)?;
    if !user.is_active && !access::may(Action::ReadPrivate, &caller, user.id) {
        return Err(Error::NoSuchUser);
    }
    if let Some(me) = relations::hidden_from(&caller)
        && relations::has_blocked(service.db.reader(), user.id, me).await?
    {
        return Err(Error::NoSuchUser);
    }
    let groups = of::user(user.id, &caller);
    Ok(respond(&caller, &headers, user, groups))
}
