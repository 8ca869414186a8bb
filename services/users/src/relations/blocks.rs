//! `PUT` and `DELETE /users/{username}/block`, `GET /users/me/blocks`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use principal::Principal;
use problem::{Json, Path, Query};
use sea_orm::{EntityTrait as _, QueryFilter as _, sea_query::Expr};
use service::page::{Page, PageParameters, Window, number};

use super::{Relationship, change, follows::people, pair};
use crate::{
    Service, access,
    entity::block,
    error::Error,
    groups::{Changed, Group, changed, of},
    users::User,
};

/// Block an account
///
/// From now on neither sees the other's posts and comments, and the profile of whoever has blocked is not there for whoever is
/// blocked. Follows between the two end. To block again changes nothing.
#[utoipa::path(
    put,
    path = "/users/{username}/block",
    tag = "Relations",
    params(("username" = String, Path, description = "The username.", example = "ada")),
    responses(
        (status = 200, description = "The caller has blocked the account.", body = Relationship),
        (status = 403, description = "The caller's account is disabled."),
        (status = 404, description = "There is no such account."),
        (status = 422, description = "`validation_failed`: it is the caller's own account."),
    )
)]
pub(crate) async fn block_user(
    State(service): State<Service>,
    caller: Principal,
    Path(username): Path<String>,
) -> Result<(Changed, Json<Relationship>), Error> {
    set(&service, &caller, &username, true).await
}

/// Take a block back
///
/// Follows that the block has ended stay ended. Who has not blocked the account changes nothing.
#[utoipa::path(
    delete,
    path = "/users/{username}/block",
    tag = "Relations",
    params(("username" = String, Path, description = "The username.", example = "ada")),
    responses(
        (status = 200, description = "The caller has not blocked the account.", body = Relationship),
        (status = 403, description = "The caller's account is disabled."),
        (status = 404, description = "There is no such account."),
        (status = 422, description = "`validation_failed`: it is the caller's own account."),
    )
)]
pub(crate) async fn unblock_user(
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
    pair::change(service, caller, name, async |transaction, pair| {
        let (me, other, now) = (pair.me.id, pair.other.id, service.clock.now());
        change::block(transaction, (me, other), active, now).await?;
        let groups = Changed::new([Group::Viewer(me), Group::Viewer(other)]);
        if !active {
            return Ok(groups);
        }
        change::follow(transaction, (me, other), false, now).await?;
        change::follow(transaction, (other, me), false, now).await?;
        // Others see other counters only if there was a follow to end, now or when this was asked for before.
        let have_followed = change::have_followed(transaction, (me, other)).await?;
        let seen_by_all = || changed::user(me).and(Group::User(other)).and(Group::Viewer(me)).and(Group::Viewer(other));
        Ok(if have_followed { seen_by_all() } else { groups })
    })
    .await
}

/// List whom one has blocked
///
/// The newest block first.
#[utoipa::path(
    get,
    path = "/users/me/blocks",
    tag = "Relations",
    params(PageParameters),
    responses(
        (status = 200, description = "A page of accounts.", body = Page<User>, headers(("Link" = String, description = "The next page."))),
        (status = 400, description = "`invalid_parameter` or `invalid_cursor`: a parameter is not valid."),
    )
)]
pub(crate) async fn list_blocks(
    State(service): State<Service>,
    caller: Principal,
    Query(parameters): Query<PageParameters>,
) -> Result<Response, Error> {
    let me = access::signed_in(&caller)?;
    let window = Window::new(&parameters, format!("blocks of {me}"))?;
    let rows = block::Entity::find().filter(block::COLUMN.blocker_id.eq(me)).filter(block::COLUMN.is_active.eq(true));
    let columns = (Expr::col(block::Column::Since), Expr::col(block::Column::Id));
    let rows = window.newest(rows, columns, number)?.all(service.db.reader()).await?;
    let pairs = rows.into_iter().map(|row| (row.since, row.id, row.blocked_id)).collect();
    let page = people(&service, &caller, &window, pairs).await?;
    Ok((of::users(&caller), page.respond(&[("limit", window.limit.to_string())])).into_response())
}
