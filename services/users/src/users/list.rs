//! `GET /users`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use principal::Principal;
use problem::{Code, Problem, Query};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ExprTrait as _, PaginatorTrait as _, QueryFilter as _, Select,
    sea_query::{Expr, LikeExpr},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::User;
use crate::{Service, access, entity::user, error::Error, groups::of, relations};
use service::page::{Page, PageParameters, Window, number};

/// The most characters of a search.
const MOST_OF_Q: usize = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListUsers {
    /// Only accounts of which the username or a name contains this, in any case.
    #[param(max_length = 100, nullable = false)]
    q: Option<String>,
    /// The most items to return.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<u64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
    /// Whether to count the whole list into `total`.
    #[param(default = false, nullable = false)]
    count: Option<bool>,
}

/// List and search accounts
///
/// The newest first, in pages that stay stable while accounts come and go. Disabled accounts are listed to administrators
/// only, those that have blocked the caller to nobody else.
#[utoipa::path(
    get,
    path = "/users",
    tag = "Users",
    params(ListUsers),
    responses(
        (status = 200, description = "A page of accounts.", body = Page<User>, headers(("Link" = String, description = "The next page."))),
        (status = 400, description = "`invalid_parameter` or `invalid_cursor`: a parameter is not valid."),
    )
)]
pub(crate) async fn list_users(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<ListUsers>,
) -> Result<Response, Error> {
    let q = query.q.unwrap_or_default().trim().to_lowercase();
    if q.chars().count() > MOST_OF_Q || q.chars().any(char::is_control) {
        let message = format!("At most {MOST_OF_Q} characters, none of them a control character.");
        return Err(Problem::new(Code::InvalidParameter).with_error("q", "invalid_value", message).into());
    }
    let parameters = PageParameters { limit: query.limit, cursor: query.cursor };
    let window = Window::new(&parameters, format!("users q={q}"))?;
    let all = listed(access::is_admin(&caller), relations::hidden_from(&caller), &q);
    let total = match query.count {
        Some(true) => Some(all.clone().count(service.db.reader()).await?),
        _ => None,
    };
    let columns = (Expr::col(user::Column::JoinedAt), Expr::col(user::Column::Id));
    let rows = window.newest(all, columns, number)?.all(service.db.reader()).await?;
    let position = |user: &user::Model| (user.joined_at, user.id.to_string());
    let page = window.page(rows, position, |user| User::seen_by(&caller, user));
    let mut filters = vec![("limit", window.limit.to_string())];
    filters.extend((!q.is_empty()).then_some(("q", q)));
    filters.extend(total.map(|_| ("count", "true".to_owned())));
    Ok((of::users(&caller), Page { total, ..page }.respond(&filters)).into_response())
}

fn listed(disabled_too: bool, hidden_from: Option<i64>, q: &str) -> Select<user::Entity> {
    let mut users = user::Entity::find().filter(user::COLUMN.deleted_at.is_null());
    if !disabled_too {
        users = users.filter(user::COLUMN.is_active.eq(true));
    }
    if let Some(viewer) = hidden_from {
        users = users.filter(user::Column::Id.not_in_subquery(relations::blockers_of(viewer)));
    }
    if !q.is_empty() {
        let literal = q.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = LikeExpr::new(format!("%{literal}%")).escape('\\');
        users = users.filter(Expr::col(user::Column::Search).like(pattern));
    }
    users
}
