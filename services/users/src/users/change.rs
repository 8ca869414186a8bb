//! Changing one account: one transaction, whoever asks and whatever is changed.

use database::Kind;
use http::HeaderMap;
use principal::Principal;
use sea_orm::{
    ActiveModelTrait as _, Condition, DatabaseTransaction, DbErr, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::{fields::Changes, find, find_by_id, named, roles};
use crate::{
    Service,
    access::{self, Action},
    entity::user,
    error::Error,
    etag, events,
    groups::{Changed, Group, changed},
    revocations, sessions,
};

/// The account that is meant.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Id(i64),
    Named(String),
}

impl Target {
    /// The account's id, which no name ever changes. Nothing is locked.
    pub(super) async fn id(&self, transaction: &DatabaseTransaction) -> Result<i64, Error> {
        let found = match self {
            Self::Id(id) => find_by_id(transaction, *id, false).await?,
            Self::Named(name) => find(transaction, &named(name)?, false).await?,
        };
        found.map(|user| user.id).ok_or(Error::NoSuchUser)
    }
}

/// Applies the changes if the caller may make them and the account is in the version that the caller knows; returns the
/// account as it is now, and which groups have changed.
pub(super) async fn apply(
    service: &Service,
    caller: &Principal,
    target: Target,
    headers: &HeaderMap,
    changes: Changes,
) -> Result<(user::Model, Changed), Error> {
    access::signed_in(caller)?;
    let transaction = service.db.write().await?;
    let administers = changes.roles.is_some() || changes.is_active.is_some();
    let id = target.id(&transaction).await?;
    let administrators =
        if administers && access::is_admin(caller) { lock(&transaction, id).await? } else { Vec::new() };
    let before = find_by_id(&transaction, id, true).await?.ok_or(Error::NoSuchUser)?;
    access::check(Action::Write, caller, before.id)?;
    if administers {
        access::check(Action::Administer, caller, before.id)?;
    }
    if !before.is_active && caller.user_id() == Some(before.id) {
        return Err(Error::Forbidden("This account is disabled."));
    }
    etag::check(headers, &before)?;
    let groups = groups(before.id, &changes);
    let after = changed(&before, changes);
    if before.is_admin && before.is_active && !(after.is_admin && after.is_active) && administrators == [before.id] {
        return Err(Error::LastAdministrator);
    }
    let after = store(&transaction, &before, after).await?;
    if after != before {
        events::changed(&transaction, &after, service.clock.now()).await?;
    }
    end_what_no_longer_holds(service, &transaction, &before, &after).await?;
    transaction.commit().await?;
    service.outbox.committed();
    Ok((after, groups))
}

/// What these changes concern.
fn groups(id: i64, changes: &Changes) -> Changed {
    let mut groups = changed::user(id);
    if changes.is_active == Some(false) {
        groups = groups.and(Group::SessionsOf(id));
    }
    if changes.roles.is_some() {
        groups = groups.and(Group::Viewer(id));
    }
    groups
}

/// The account with the changes in it, in the next version if anything is different.
fn changed(before: &user::Model, changes: Changes) -> user::Model {
    let mut after = before.clone();
    if let Some(name) = changes.display_name {
        let name = name.into_inner();
        after.display_name = if name.is_empty() { before.username.clone() } else { name };
    }
    if let Some(name) = changes.first_name {
        after.first_name = name.into_inner();
    }
    if let Some(name) = changes.last_name {
        after.last_name = name.into_inner();
    }
    if let Some(text) = changes.description {
        after.description = text.into_inner();
    }
    if let Some(text) = changes.status {
        after.status = text.into_inner();
    }
    if let Some(email) = changes.email {
        after.email = email.map(|email| email.as_str().to_owned());
    }
    if let Some(roles) = changes.roles {
        (after.is_admin, after.is_seller) = (roles.admin, roles.seller);
    }
    after.is_active = changes.is_active.unwrap_or(after.is_active);
    after.search = search_text(&after);
    if after != *before {
        after.version += 1;
    }
    after
}

async fn store(
    transaction: &DatabaseTransaction,
    before: &user::Model,
    after: user::Model,
) -> Result<user::Model, Error> {
    if after == *before {
        return Ok(after);
    }
    let stored = after.into_active_model().reset_all().update(transaction).await;
    stored.map_err(|error| match database::violation(&error) {
        Some(violation) if violation.kind == Kind::Unique && violation.constraint == "users_email_key" => {
            Error::EmailTaken
        }
        _ => error.into(),
    })
}

/// A disabled account loses its sessions; other roles make the access tokens that carry the old ones worthless.
async fn end_what_no_longer_holds(
    service: &Service,
    transaction: &DatabaseTransaction,
    before: &user::Model,
    after: &user::Model,
) -> Result<(), Error> {
    let disabled = before.is_active && !after.is_active;
    let now = service.clock.now();
    if disabled {
        let ended = sessions::end_all(transaction, after.id, None, now).await?;
        revocations::of_sessions(transaction, &ended, now).await?;
    }
    if disabled || roles(before) != roles(after) {
        revocations::of_user(transaction, after.id, now).await?;
        tracing::info!(
            target: "audit", user_id = after.id, roles = ?roles(after).list(), is_active = after.is_active,
            "an account was administered"
        );
    }
    Ok(())
}

/// Locks an account and every active administrator, always in the order of their ids: two who demote each other do not deadlock,
/// and one of them stays. Returns the ids of the administrators.
pub(super) async fn lock(transaction: &DatabaseTransaction, id: i64) -> Result<Vec<i64>, DbErr> {
    let administrator = Condition::all().add(user::COLUMN.is_admin.eq(true)).add(user::COLUMN.is_active.eq(true));
    let locked: Vec<(i64, bool, bool)> = user::Entity::find()
        .select_only()
        .columns([user::Column::Id, user::Column::IsAdmin, user::Column::IsActive])
        .filter(user::COLUMN.deleted_at.is_null())
        .filter(Condition::any().add(user::COLUMN.id.eq(id)).add(administrator))
        .order_by_asc(user::Column::Id)
        .lock_exclusive()
        .into_tuple()
        .all(transaction)
        .await?;
    Ok(locked.into_iter().filter(|(_, is_admin, is_active)| *is_admin && *is_active).map(|(id, _, _)| id).collect())
}

/// What `q` looks in. Lines keep a search from matching across two names.
pub(crate) fn search_text(user: &user::Model) -> String {
    [&user.username, &user.display_name, &user.first_name, &user.last_name].map(|name| name.to_lowercase()).join("\n")
}
