//! `GET /internal/accounts-export`, `/internal/follows` and `/internal/blocks`: everything, by id, for whoever keeps a copy.

use axum::extract::State;
use principal::Principal;
use problem::{Code, Json, Problem, Query};
use sea_orm::{EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Service,
    access::{self, Action},
    entity::{block, follow, user},
    error::Error,
};

/// The most rows of one answer.
const MOST: u64 = 1000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Export {
    /// Only what has a greater id.
    #[param(minimum = 0, default = 0, nullable = false)]
    after: Option<i64>,
    /// The most items to return.
    #[param(minimum = 1, maximum = 1000, default = 1000, nullable = false)]
    limit: Option<u64>,
}

/// Accounts by id, deleted ones too.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AccountExport {
    pub(crate) items: Vec<AccountRow>,
}

/// An account as others keep it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AccountRow {
    pub(crate) id: i64,
    pub(crate) version: i64,
    pub(crate) username: String,
    pub(crate) display_name: String,
    #[schema(required)]
    pub(crate) avatar: Option<String>,
    pub(crate) is_active: bool,
    pub(crate) deleted: bool,
}

/// Follows by id, ended ones too.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FollowExport {
    pub(crate) items: Vec<FollowRow>,
}

/// Who follows, or followed, whom.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FollowRow {
    pub(crate) id: i64,
    pub(crate) version: i64,
    pub(crate) follower_id: i64,
    pub(crate) followed_id: i64,
    pub(crate) active: bool,
    /// In epoch milliseconds.
    pub(crate) since: i64,
}

/// Blocks by id, ended ones too.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BlockExport {
    pub(crate) items: Vec<BlockRow>,
}

/// Who has, or had, blocked whom.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BlockRow {
    pub(crate) id: i64,
    pub(crate) version: i64,
    pub(crate) blocker_id: i64,
    pub(crate) blocked_id: i64,
    pub(crate) active: bool,
}

/// Read every account
///
/// By id, a part at a time, for services that keep a copy of what they need. Nothing that is not public.
#[utoipa::path(
    get,
    path = "/internal/accounts-export",
    tag = "Internal",
    params(Export),
    extensions(("x-internal" = json!(true))),
    responses(
        (status = 200, description = "The next accounts; none after the last.", body = AccountExport),
        (status = 400, description = "`invalid_parameter`: a parameter is not valid."),
    )
)]
pub(crate) async fn export_users(
    State(service): State<Service>,
    caller: Principal,
    Query(export): Query<Export>,
) -> Result<Json<AccountExport>, Error> {
    let (after, limit) = parse(&caller, &export)?;
    let rows = user::Entity::find().filter(user::COLUMN.id.gt(after)).order_by_asc(user::Column::Id).limit(limit);
    let items = rows.all(service.db.reader()).await?.into_iter().map(|user| AccountRow {
        id: user.id,
        version: user.version,
        username: user.username,
        display_name: user.display_name,
        avatar: user.avatar,
        is_active: user.is_active,
        deleted: user.deleted_at.is_some(),
    });
    Ok(Json(AccountExport { items: items.collect() }))
}

/// Read every follow
///
/// By id, a part at a time, ended ones too.
#[utoipa::path(
    get,
    path = "/internal/follows",
    tag = "Internal",
    params(Export),
    extensions(("x-internal" = json!(true))),
    responses(
        (status = 200, description = "The next follows; none after the last.", body = FollowExport),
        (status = 400, description = "`invalid_parameter`: a parameter is not valid."),
    )
)]
pub(crate) async fn export_follows(
    State(service): State<Service>,
    caller: Principal,
    Query(export): Query<Export>,
) -> Result<Json<FollowExport>, Error> {
    let (after, limit) = parse(&caller, &export)?;
    let rows = follow::Entity::find().filter(follow::COLUMN.id.gt(after)).order_by_asc(follow::Column::Id).limit(limit);
    let items = rows.all(service.db.reader()).await?.into_iter().map(|row| FollowRow {
        id: row.id,
        version: row.version,
        follower_id: row.follower_id,
        followed_id: row.followed_id,
        active: row.is_active,
        since: row.since,
    });
    Ok(Json(FollowExport { items: items.collect() }))
}

/// Read every block
///
/// By id, a part at a time, ended ones too.
#[utoipa::path(
    get,
    path = "/internal/blocks",
    tag = "Internal",
    params(Export),
    extensions(("x-internal" = json!(true))),
    responses(
        (status = 200, description = "The next blocks; none after the last.", body = BlockExport),
        (status = 400, description = "`invalid_parameter`: a parameter is not valid."),
    )
)]
pub(crate) async fn export_blocks(
    State(service): State<Service>,
    caller: Principal,
    Query(export): Query<Export>,
) -> Result<Json<BlockExport>, Error> {
    let (after, limit) = parse(&caller, &export)?;
    let rows = block::Entity::find().filter(block::COLUMN.id.gt(after)).order_by_asc(block::Column::Id).limit(limit);
    let items = rows.all(service.db.reader()).await?.into_iter().map(|row| BlockRow {
        id: row.id,
        version: row.version,
        blocker_id: row.blocker_id,
        blocked_id: row.blocked_id,
        active: row.is_active,
    });
    Ok(Json(BlockExport { items: items.collect() }))
}

fn parse(caller: &Principal, export: &Export) -> Result<(i64, u64), Error> {
    access::check(Action::Internal, caller, 0)?;
    let (after, limit) = (export.after.unwrap_or(0), export.limit.unwrap_or(MOST));
    if after < 0 {
        return Err(Problem::new(Code::InvalidParameter).with_error("after", "out_of_range", "At least 0.").into());
    }
    if !(1..=MOST).contains(&limit) {
        let message = format!("A number from 1 to {MOST}.");
        return Err(Problem::new(Code::InvalidParameter).with_error("limit", "out_of_range", message).into());
    }
    Ok((after, limit))
}
