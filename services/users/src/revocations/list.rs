//! `GET /internal/revocations`

use axum::extract::State;
use principal::Principal;
use problem::{Json, Query};
use sea_orm::{EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Service,
    access::{self, Action},
    entity::revocation,
    error::Error,
};
use service::{clock::rfc3339, parameters};

/// The most revocations of one answer, and as many as are returned unless the caller says otherwise.
const MOST: u64 = 1000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListRevocations {
    /// `next_after` of the answer before; 0 or nothing for all that are kept.
    #[param(minimum = 0, default = 0, nullable = false)]
    after: Option<i64>,
    /// The most items to return.
    #[param(minimum = 1, maximum = 1000, default = 1000, nullable = false)]
    limit: Option<u64>,
}

/// Access tokens of a session (`sid`) or a user (`sub`) are no longer good.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Revocation {
    /// Rises in the order in which revocations became visible.
    #[schema(example = 12, minimum = 1)]
    pub(crate) id: i64,
    /// `sid`: every token of a session. `sub`: every token of a user that was issued before `not_before`.
    #[schema(example = "sid", pattern = "^(sid|sub)$")]
    pub(crate) kind: String,
    /// The session's or the user's id.
    #[schema(example = "01931a0b-6f5e-7c3a-9a51-2f1c7d9f0b11")]
    pub(crate) subject: String,
    /// Epoch milliseconds.
    #[schema(example = 1_735_689_600_000_i64)]
    pub(crate) not_before: i64,
    /// When it was recorded.
    #[schema(format = DateTime, example = "2025-01-01T00:00:00.000Z")]
    pub(crate) created_at: String,
}

impl From<revocation::Model> for Revocation {
    fn from(row: revocation::Model) -> Self {
        let created_at = rfc3339(row.created_at);
        Self { id: row.id, kind: row.kind, subject: row.subject, not_before: row.not_before, created_at }
    }
}

/// What was revoked after a point.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RevocationList {
    /// By id.
    pub(crate) items: Vec<Revocation>,
    /// What to ask for next: the last id of this answer, or `after` if it is empty.
    #[schema(example = 12, minimum = 0)]
    pub(crate) next_after: i64,
}

/// List revocations
///
/// The gateway asks for what is new twice a second. Revocations are kept for 15 minutes, longer than access tokens live.
#[utoipa::path(
    get,
    path = "/internal/revocations",
    tag = "Internal",
    params(ListRevocations),
    extensions(("x-internal" = json!(true))),
    responses(
        (status = 200, description = "What came after `after`.", body = RevocationList),
        (status = 400, description = "`invalid_parameter`: a parameter is out of range."),
    )
)]
pub(crate) async fn list_revocations(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<ListRevocations>,
) -> Result<Json<RevocationList>, Error> {
    access::check(Action::Internal, &caller, 0)?;
    let (after, limit) = parameters::export(query.after, query.limit, MOST)?;
    let rows = revocation::Entity::find()
        .filter(revocation::COLUMN.id.gt(after))
        .order_by_asc(revocation::Column::Id)
        .limit(limit)
        .all(service.db.reader())
        .await?;
    let next_after = rows.last().map_or(after, |last| last.id);
    Ok(Json(RevocationList { items: rows.into_iter().map(Revocation::from).collect(), next_after }))
}
