//! `DELETE /users/{username}`

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use principal::Principal;
use problem::Path;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _};

use super::{
    change::{Target, lock},
    find_by_id,
};
use crate::{
    Service,
    access::{self, Action},
    entity::{credential, user},
    error::Error,
    etag, events,
    groups::{Changed, Group, changed},
    relations, revocations, sessions,
};

/// Delete an account
///
/// By the account itself or an administrator. The username is never given out again, the e-mail address is free at once,
/// every session ends.
#[utoipa::path(
    delete,
    path = "/users/{username}",
    tag = "Users",
    params(
        ("username" = String, Path, description = "The username.", example = "ada"),
        ("If-Match" = Option<String>, Header, description = "The version that is to be deleted.", nullable = false),
    ),
    responses(
        (status = 204, description = "The account has been deleted."),
        (status = 403, description = "The caller may not delete this account."),
        (status = 404, description = "There is no such account, or no longer."),
        (status = 409, description = "`conflict`: the last active administrator cannot be deleted."),
        (status = 412, description = "The account has changed since the version in `If-Match`."),
    )
)]
pub(crate) async fn delete_user(
    State(service): State<Service>,
    caller: Principal,
    Path(username): Path<String>,
    headers: HeaderMap,
) -> Result<(StatusCode, Changed), Error> {
    let changed = delete(&service, &caller, Target::Named(username), &headers).await?;
    Ok((StatusCode::NO_CONTENT, changed))
}

/// Leaves of an account what keeps its name from being used again.
pub(super) async fn delete(
    service: &Service,
    caller: &Principal,
    target: Target,
    headers: &HeaderMap,
) -> Result<Changed, Error> {
    access::signed_in(caller)?;
    let transaction = service.db.write().await?;
    let id = target.id(&transaction).await?;
    let administrators = lock(&transaction, id).await?;
    let user = find_by_id(&transaction, id, true).await?.ok_or(Error::NoSuchUser)?;
    access::check(Action::Write, caller, user.id)?;
    etag::check(headers, &user)?;
    if user.is_admin && administrators == [user.id] {
        return Err(Error::LastAdministrator);
    }
    let now = service.clock.now();
    credential::Entity::delete_by_id(id).exec(&transaction).await?;
    let gone = emptied(user, now);
    events::deleted(&transaction, &gone, now).await?;
    gone.into_active_model().reset_all().update(&transaction).await?;
    let ended = sessions::end_all(&transaction, id, None, now).await?;
    revocations::of_sessions(&transaction, &ended, now).await?;
    revocations::of_user(&transaction, id, now).await?;
    transaction.commit().await?;
    service.outbox.committed();
    if let Err(error) = relations::end_of(service, id).await {
        tracing::warn!(%error, user_id = id, "what was between a deleted account and others is ended later");
    }
    tracing::info!(target: "audit", user_id = id, by = caller.user_id(), "an account was deleted");
    Ok(changed::user(id).and(Group::SessionsOf(id)))
}

fn emptied(user: user::Model, now: i64) -> user::Model {
    user::Model {
        email: None,
        display_name: user.username.clone(),
        first_name: String::new(),
        last_name: String::new(),
        description: String::new(),
        status: String::new(),
        avatar: None,
        search: String::new(),
        is_admin: false,
        is_seller: false,
        is_active: false,
        version: user.version + 1,
        deleted_at: Some(now),
        ..user
    }
}
