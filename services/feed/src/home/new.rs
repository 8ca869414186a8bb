//! `GET /home/new`

use axum::extract::State;
use principal::SignedIn;
use problem::{Json, Query};
use serde::{Deserialize, Serialize};
use service::{
    groups::Of,
    page::{PageParameters, Window},
};
use utoipa::{IntoParams, ToSchema};

use super::{LIST, Place, Side, places};
use crate::{Service, error::Error, groups};

/// Nobody wants to know it more exactly.
const MOST: u64 = 100;

/// Since when.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CountNew {
    /// A cursor of the timeline or of an earlier count; without one nothing counts as new.
    #[param(nullable = false)]
    since: Option<String>,
}

/// What is new in a timeline.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct New {
    /// So many posts, at most 100.
    #[schema(maximum = 100)]
    pub(crate) count: usize,
    /// The place of the newest post, to ask by the next time.
    pub(crate) cursor: String,
}

/// Count what is new in the caller's timeline
///
/// Posts that are newer than the place that a cursor stands for, at most 100, and the cursor to ask by the next time.
#[utoipa::path(
    get,
    path = "/home/new",
    tag = "Feed",
    params(CountNew),
    responses(
        (status = 200, description = "How many, and where the timeline begins now.", body = New),
        (status = 400, description = "`invalid_parameter` or `invalid_cursor`."),
    )
)]
pub(crate) async fn count_new(
    State(service): State<Service>,
    caller: SignedIn,
    Query(query): Query<CountNew>,
) -> Result<(Of, Json<New>), Error> {
    let known = query.since.is_some();
    let window = Window::new(&PageParameters { limit: None, cursor: query.since }, LIST.to_owned())?;
    let since = Place::of(&window)?;
    let (side, limit) = since.map_or((Side::Whole, 1), |place| (Side::Newer(place), MOST));
    let newer = places(&service, caller.user_id, side, limit).await?;
    let newest = newer.first().copied().or(since).unwrap_or(Place { created_at: 0, post_id: 0 });
    let count = if known { newer.len() } else { 0 };
    let new = New { count, cursor: window.cursor(&newest.position()) };
    Ok((groups::own(caller.user_id), Json(new)))
}
