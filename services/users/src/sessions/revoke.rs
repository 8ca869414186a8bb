//! `DELETE /sessions/{id}`

use axum::extract::State;
use http::StatusCode;
use principal::Principal;
use problem::Path;

use super::end;
use crate::{
    Service,
    access::{self, Action},
    domain::SessionId,
    error::Error,
    groups::{Changed, changed},
    revocations,
};

/// End one of the caller's sessions
///
/// Its refresh token and its access tokens are no longer good. Another account's session is not found.
#[utoipa::path(
    delete,
    path = "/sessions/{id}",
    tag = "Sessions",
    params(("id" = String, Path, description = "The session's id.", example = "01931a0b-6f5e-7c3a-9a51-2f1c7d9f0b11")),
    responses(
        (status = 204, description = "The session has ended."),
        (status = 404, description = "The caller has no such session, or no longer."),
    )
)]
pub(crate) async fn revoke_session(
    State(service): State<Service>,
    caller: Principal,
    Path(id): Path<String>,
) -> Result<(StatusCode, Changed), Error> {
    let user_id = access::signed_in(&caller)?;
    access::check(Action::OwnSessions, &caller, user_id)?;
    let id = SessionId::parse(&id).ok_or(Error::NoSuchSession)?;
    let transaction = service.db.write().await?;
    let now = service.clock.now();
    if !end(&transaction, user_id, id.as_str(), now).await? {
        return Err(Error::NoSuchSession);
    }
    revocations::of_sessions(&transaction, &[id.as_str().to_owned()], now).await?;
    transaction.commit().await?;
    Ok((StatusCode::NO_CONTENT, changed::sessions_of(user_id)))
}
