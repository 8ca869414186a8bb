//! `GET /search/suggestions`

use axum::extract::State;
use principal::Principal;
use problem::{Json, Query};
use serde::{Deserialize, Serialize};
use service::groups::Of;
use utoipa::{IntoParams, ToSchema};

use super::{found::Part, people, words::looked_for};
use crate::{Service, error::Error, groups, post::Author, tags::Tag};

/// So many of each are suggested.
const MOST: u64 = 5;

/// What somebody has typed so far.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suggest {
    /// How names begin. After `@` only accounts are meant, after `#` only tags.
    #[param(nullable = false, max_length = 200)]
    q: Option<String>,
}

/// What somebody may want to type.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Suggestions {
    /// At most 5, by username.
    pub(crate) users: Vec<Author>,
    /// At most 5, the one that most posts have first.
    pub(crate) tags: Vec<Tag>,
}

/// Suggest accounts and tags
///
/// What begins with `q`, in any case: at most five of each.
#[utoipa::path(
    get,
    path = "/search/suggestions",
    tag = "Search",
    params(Suggest),
    responses(
        (status = 200, description = "Maybe nothing.", body = Suggestions),
        (status = 400, description = "`invalid_parameter`"),
    )
)]
pub(crate) async fn suggest(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<Suggest>,
) -> Result<(Of, Json<Suggestions>), Error> {
    let q = looked_for(query.q.as_deref())?;
    let part = Part::new(Some(MOST), None)?;
    let (mut users, mut tags) = (Vec::new(), Vec::new());
    if !q.starts_with('#') {
        users = people::users(&service, &caller, &q, part).await?;
    }
    if !q.starts_with('@') {
        tags = people::tags(&service, &q, part).await?;
    }
    part.cut(&mut users);
    part.cut(&mut tags);
    Ok((groups::public(&caller), Json(Suggestions { users, tags })))
}
