//! `GET /sessions`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use principal::Principal;
use problem::Query;
use sea_orm::{EntityTrait as _, QueryFilter as _, sea_query::Expr};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ends, own};
use crate::{
    Service,
    access::{self, Action},
    domain::SessionId,
    entity::session,
    error::Error,
    groups::of,
};
use service::clock::rfc3339;
use service::page::{Page, PageParameters, Window};

/// A session, as its owner sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SessionItem {
    /// The session's id.
    #[schema(example = "01931a0b-6f5e-7c3a-9a51-2f1c7d9f0b11")]
    pub(crate) id: String,
    /// What signed in, if it said so.
    #[schema(required, example = "Firefox on Linux")]
    pub(crate) client: Option<String>,
    /// When the person signed in.
    #[schema(format = DateTime, example = "2025-01-01T00:00:00.000Z")]
    pub(crate) created_at: String,
    /// When the session was refreshed last.
    #[schema(format = DateTime, example = "2025-01-01T00:10:00.000Z")]
    pub(crate) last_used_at: String,
    /// When the session ends if it is not refreshed before.
    #[schema(format = DateTime, example = "2025-01-15T00:10:00.000Z")]
    pub(crate) expires_at: String,
    /// Whether this request was made with it.
    pub(crate) current: bool,
}

/// List the caller's sessions
///
/// Those that can still be refreshed, the newest first.
#[utoipa::path(
    get,
    path = "/sessions",
    tag = "Sessions",
    params(PageParameters),
    responses(
        (status = 200, description = "A page of sessions.", body = Page<SessionItem>, headers(("Link" = String, description = "The next page."))),
        (status = 400, description = "`invalid_parameter` or `invalid_cursor`: a parameter is not valid."),
    )
)]
pub(crate) async fn list_sessions(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<PageParameters>,
) -> Result<Response, Error> {
    let user_id = access::signed_in(&caller)?;
    access::check(Action::OwnSessions, &caller, user_id)?;
    let window = Window::new(&query, format!("sessions of {user_id}"))?;
    let now = service.clock.now();
    let sessions = session::Entity::find()
        .filter(session::COLUMN.user_id.eq(user_id))
        .filter(session::COLUMN.revoked_at.is_null())
        .filter(session::COLUMN.idle_until.gt(now))
        .filter(session::COLUMN.absolute_until.gt(now));
    let columns = (Expr::col(session::Column::CreatedAt), Expr::col(session::Column::Id));
    let rows = window.newest(sessions, columns, |id| SessionId::parse(id).map(|id| id.as_str().to_owned()))?;
    let rows = rows.all(service.db.reader()).await?;
    let page = window.page(rows, |row| (row.created_at, row.id.clone()), |row| item(row, own(&caller)));
    Ok((of::sessions_of(user_id), page.respond(&[("limit", window.limit.to_string())])).into_response())
}

fn item(session: session::Model, current: Option<&str>) -> SessionItem {
    SessionItem {
        created_at: rfc3339(session.created_at),
        last_used_at: rfc3339(session.last_used_at),
        expires_at: rfc3339(ends(&session)),
        current: current == Some(session.id.as_str()),
        id: session.id,
        client: session.client,
    }
}
