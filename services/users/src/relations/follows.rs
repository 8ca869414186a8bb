//! `GET /users/{username}/followers` and `/following`

use std::collections::HashMap;

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use principal::Principal;
use problem::{Path, Query};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, sea_query::Expr};
use service::page::{Page, PageParameters, Window, number};

use super::{blockers_of, has_blocked};
use crate::{
    Service,
    access::{self, Action},
    entity::{follow, user},
    error::Error,
    groups::of,
    users::{User, find, named},
};

/// List who follows an account
///
/// The newest first. Disabled accounts, and those that have blocked the caller, are not in it.
#[utoipa::path(
    get,
    path = "/users/{username}/followers",
    tag = "Relations",
    params(("username" = String, Path, description = "The username.", example = "ada"), PageParameters),
    responses(
        (status = 200, description = "A page of accounts.", body = Page<User>, headers(("Link" = String, description = "The next page."))),
        (status = 400, description = "`invalid_parameter` or `invalid_cursor`: a parameter is not valid."),
        (status = 404, description = "There is no such account."),
    )
)]
pub(crate) async fn list_followers(
    State(service): State<Service>,
    caller: Principal,
    Path(username): Path<String>,
    Query(parameters): Query<PageParameters>,
) -> Result<Response, Error> {
    let of = visible(&service, &caller, &username).await?;
    list(&service, &caller, &parameters, Side::Followers(of)).await
}

/// List whom an account follows
///
/// The newest first. Disabled accounts, and those that have blocked the caller, are not in it.
#[utoipa::path(
    get,
    path = "/users/{username}/following",
    tag = "Relations",
    params(("username" = String, Path, description = "The username.", example = "ada"), PageParameters),
    responses(
        (status = 200, description = "A page of accounts.", body = Page<User>, headers(("Link" = String, description = "The next page."))),
        (status = 400, description = "`invalid_parameter` or `invalid_cursor`: a parameter is not valid."),
        (status = 404, description = "There is no such account."),
    )
)]
pub(crate) async fn list_following(
    State(service): State<Service>,
    caller: Principal,
    Path(username): Path<String>,
    Query(parameters): Query<PageParameters>,
) -> Result<Response, Error> {
    let of = visible(&service, &caller, &username).await?;
    list(&service, &caller, &parameters, Side::Following(of)).await
}

/// The account, if it is there for this caller.
pub(super) async fn visible(service: &Service, caller: &Principal, name: &str) -> Result<i64, Error> {
    let user = find(service.db.reader(), &named(name)?, false).await?.ok_or(Error::NoSuchUser)?;
    if !user.is_active && !access::may(Action::ReadPrivate, caller, user.id) {
        return Err(Error::NoSuchUser);
    }
    if let Some(me) = hidden_from(caller)
        && has_blocked(service.db.reader(), user.id, me).await?
    {
        return Err(Error::NoSuchUser);
    }
    Ok(user.id)
}

/// From whom accounts that have blocked them are hidden: from everybody but administrators.
pub(crate) fn hidden_from(caller: &Principal) -> Option<i64> {
    caller.user_id().filter(|_| !access::is_admin(caller))
}

#[derive(Clone, Copy)]
enum Side {
    /// Who follows this account.
    Followers(i64),
    /// Whom this account follows.
    Following(i64),
}

async fn list(
    service: &Service,
    caller: &Principal,
    parameters: &PageParameters,
    side: Side,
) -> Result<Response, Error> {
    let (name, whose, theirs, of) = match side {
        Side::Followers(of) => ("followers", follow::Column::FollowedId, follow::Column::FollowerId, of),
        Side::Following(of) => ("following", follow::Column::FollowerId, follow::Column::FollowedId, of),
    };
    let window = Window::new(parameters, format!("{name} of {of}"))?;
    let mut shown = user::Entity::find().select_only().column(user::Column::Id);
    shown = shown.filter(user::COLUMN.is_active.eq(true)).filter(user::COLUMN.deleted_at.is_null());
    if let Some(me) = hidden_from(caller) {
        shown = shown.filter(user::Column::Id.not_in_subquery(blockers_of(me)));
    }
    let rows = follow::Entity::find()
        .filter(whose.eq(of))
        .filter(follow::COLUMN.is_active.eq(true))
        .filter(theirs.in_subquery(sea_orm::QueryTrait::into_query(shown)));
    let columns = (Expr::col(follow::Column::Since), Expr::col(follow::Column::Id));
    let rows = window.newest(rows, columns, number)?.all(service.db.reader()).await?;
    let their = |row: &follow::Model| match side {
        Side::Followers(_) => row.follower_id,
        Side::Following(_) => row.followed_id,
    };
    let pairs = rows.iter().map(|row| (row.since, row.id, their(row))).collect();
    let page = people(service, caller, &window, pairs).await?;
    Ok((of::users(caller), page.respond(&[("limit", window.limit.to_string())])).into_response())
}

/// A page of the accounts that rows name: since when, the row's id, the account's id.
pub(super) async fn people(
    service: &Service,
    caller: &Principal,
    window: &Window,
    rows: Vec<(i64, i64, i64)>,
) -> Result<Page<User>, Error> {
    let ids = rows.iter().map(|(_, _, id)| *id);
    let users = user::Entity::find().filter(user::COLUMN.id.is_in(ids)).all(service.db.reader()).await?;
    let mut users: HashMap<i64, user::Model> = users.into_iter().map(|user| (user.id, user)).collect();
    let rows = rows.into_iter().filter_map(|(since, row, id)| Some((since, row, users.remove(&id)?))).collect();
    let position = |(since, row, _): &(i64, i64, user::Model)| (*since, row.to_string());
    Ok(window.page(rows, position, |(_, _, user)| User::seen_by(caller, user)))
}
