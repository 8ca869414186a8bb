//! `PUT` and `DELETE /users/{username}/follow`

use axum::extract::State;
use principal::Principal;
use problem::{Json, Path};

use super::{
    Relationship, change,
    pair::{self, Pair, has_blocked},
};
use crate::{
    Service,
    error::Error,
    groups::{Changed, Group, changed},
};

/// Follow an account
///
/// Its posts are in the caller's home timeline from now on, the latest at once. To follow again changes nothing.
#[utoipa::path(
    put,
    path = "/users/{username}/follow",
    tag = "Relations",
    params(("username" = String, Path, description = "The username.", example = "ada")),
    responses(
        (status = 200, description = "The caller follows the account.", body = Relationship),
        (status = 403, description = "`blocked`: the caller has blocked the account; or the caller's account is disabled."),
        (status = 404, description = "There is no such account."),
        (status = 422, description = "`validation_failed`: it is the caller's own account."),
    )
)]
pub(crate) async fn follow_user(
    State(service): State<Service>,
    caller: Principal,
    Path(username): Path<String>,
) -> Result<(Changed, Json<Relationship>), Error> {
    set(&service, &caller, &username, true).await
}

/// Stop to follow an account
///
/// Its posts leave the caller's home timeline. Who does not follow it changes nothing.
#[utoipa::path(
    delete,
    path = "/users/{username}/follow",
    tag = "Relations",
    params(("username" = String, Path, description = "The username.", example = "ada")),
    responses(
        (status = 200, description = "The caller does not follow the account.", body = Relationship),
        (status = 403, description = "The caller's account is disabled."),
        (status = 404, description = "There is no such account."),
        (status = 422, description = "`validation_failed`: it is the caller's own account."),
    )
)]
pub(crate) async fn unfollow_user(
    State(service): State<Service>,
    caller: Principal,
    Path(username): Path<String>,
) -> Result<(Changed, Json<Relationship>), Error> {
    set(&service, &caller, &username, false).await
}

async fn set(
    service: &Service,
    caller: &Principal,
    name: &str,
    active: bool,
) -> Result<(Changed, Json<Relationship>), Error> {
    pair::change(service, caller, name, async |transaction, Pair { me, other }| {
        if active && !other.is_active {
            return Err(Error::NoSuchUser);
        }
        if active && has_blocked(transaction, me.id, other.id).await? {
            return Err(Error::Blocked);
        }
        change::follow(transaction, (me.id, other.id), active, service.clock.now()).await?;
        Ok(changed::user(me.id).and(Group::User(other.id)).and(Group::Viewer(me.id)))
    })
    .await
}
