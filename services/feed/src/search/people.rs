//! `GET /search/users` and `GET /search/tags`

use axum::extract::State;
use principal::Principal;
use problem::{Json, Query};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use service::groups::Of;
use utoipa::{IntoParams, ToSchema};

use super::{engine, found::Part, words::looked_for};
use crate::{
    Service,
    error::Error,
    groups,
    post::{Author, unblocked},
    public::name,
    sql::Sql,
    tags::Tag,
};

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchNames {
    /// How the name begins.
    #[param(nullable = false, max_length = 200)]
    q: Option<String>,
    /// The most items to return.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<u64>,
    /// So many are left out.
    #[param(minimum = 0, maximum = 10000, default = 0, nullable = false)]
    offset: Option<u64>,
}

/// Accounts that were found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FoundUsers {
    /// By username.
    pub(crate) items: Vec<Author>,
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    /// Whether there are more.
    pub(crate) has_more: bool,
}

/// Tags that were found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FoundTags {
    /// The one that most posts have first.
    pub(crate) items: Vec<Tag>,
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    /// Whether there are more.
    pub(crate) has_more: bool,
}

/// Search accounts
///
/// Accounts whose username, or name on pages, begins with `q`, in any case.
#[utoipa::path(
    get,
    path = "/search/users",
    tag = "Search",
    params(SearchNames),
    responses(
        (status = 200, description = "What was found.", body = FoundUsers),
        (status = 400, description = "`invalid_parameter`"),
    )
)]
pub(crate) async fn search_users(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<SearchNames>,
) -> Result<(Of, Json<FoundUsers>), Error> {
    let (q, part) = (looked_for(query.q.as_deref())?, Part::new(query.limit, query.offset)?);
    let mut items = users(&service, &caller, &q, part).await?;
    let has_more = part.cut(&mut items);
    Ok((groups::public(&caller), Json(FoundUsers { items, limit: part.limit, offset: part.offset, has_more })))
}

/// Search tags
///
/// Tags that begin with `q`, in any case, with or without `#`.
#[utoipa::path(
    get,
    path = "/search/tags",
    tag = "Search",
    params(SearchNames),
    responses(
        (status = 200, description = "What was found.", body = FoundTags),
        (status = 400, description = "`invalid_parameter`"),
    )
)]
pub(crate) async fn search_tags(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<SearchNames>,
) -> Result<(Of, Json<FoundTags>), Error> {
    let (q, part) = (looked_for(query.q.as_deref())?, Part::new(query.limit, query.offset)?);
    let mut items = tags(&service, &q, part).await?;
    let has_more = part.cut(&mut items);
    Ok((groups::public(&caller), Json(FoundTags { items, limit: part.limit, offset: part.offset, has_more })))
}

/// Accounts by how they are called, one too many.
pub(super) async fn users(service: &Service, caller: &Principal, q: &str, part: Part) -> Result<Vec<Author>, DbErr> {
    let prefix = name(q.strip_prefix('@').unwrap_or(q));
    if prefix.is_empty() {
        return Ok(Vec::new());
    }
    let db = service.db.reader();
    let index = engine(db);
    let sql = Sql::new("SELECT id, username, display_name, avatar FROM authors WHERE NOT deleted AND is_active AND (");
    let sql = index.beginning(sql, "username", &prefix).add(" OR ");
    let sql = index.beginning(sql, "search_name", &prefix).add(")");
    let sql = unblocked(sql, "id", caller.user_id()).add(" ORDER BY username, id LIMIT ").bind(part.limit + 1);
    sql.add(" OFFSET ").bind(part.offset).all(db).await
}

/// Tags by how they begin, one too many.
pub(super) async fn tags(service: &Service, q: &str, part: Part) -> Result<Vec<Tag>, DbErr> {
    let prefix = name(q.strip_prefix('#').unwrap_or(q));
    if prefix.is_empty() {
        return Ok(Vec::new());
    }
    let db = service.db.reader();
    let sql = engine(db).beginning(Sql::new("SELECT tag, posts_count FROM tags WHERE "), "tag", &prefix);
    let sql = sql.add(" ORDER BY posts_count DESC, tag DESC LIMIT ").bind(part.limit + 1);
    sql.add(" OFFSET ").bind(part.offset).all(db).await
}
