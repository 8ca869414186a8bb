//! The caller and the account that a request is about.

use principal::Principal;
use problem::Json;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, sea_query::SelectStatement,
};

use super::Relationship;
use crate::{
    Service,
    access::{self, Action},
    entity::{block, follow, user},
    error::Error,
    groups::Changed,
    users::{find, named},
};

/// Two accounts, neither of them deleted.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) me: user::Model,
    pub(super) other: user::Model,
}

impl Pair {
    /// Reads both and keeps others from changing anything between them until the transaction ends.
    async fn lock(db: &DatabaseTransaction, caller: &Principal, name: &str) -> Result<Self, Error> {
        let me = access::signed_in(caller)?;
        access::check(Action::Relate, caller, me)?;
        let other = find(db, &named(name)?, false).await?.ok_or(Error::NoSuchUser)?.id;
        if me == other {
            return Err(Error::Oneself);
        }
        let mut locked = lock(db, &[me, other]).await?;
        let mut take = |id: i64| {
            let at = locked.iter().position(|user| user.id == id)?;
            Some(locked.swap_remove(at)).filter(|user| user.deleted_at.is_none())
        };
        let me = take(me).filter(|me| me.is_active).ok_or(Error::Forbidden("This account is disabled."))?;
        let other = take(other).ok_or(Error::NoSuchUser)?;
        // To whoever is blocked, the account is not there.
        if has_blocked(db, other.id, me.id).await? {
            return Err(Error::NoSuchUser);
        }
        Ok(Self { me, other })
    }
}

/// Changes what is between the caller and the account of this name, alone; what there is then, and whose answers have changed.
pub(super) async fn change(
    service: &Service,
    caller: &Principal,
    name: &str,
    change: impl AsyncFnOnce(&DatabaseTransaction, &Pair) -> Result<Changed, Error>,
) -> Result<(Changed, Json<Relationship>), Error> {
    let transaction = service.db.write().await?;
    let pair = Pair::lock(&transaction, caller, name).await?;
    let groups = change(&transaction, &pair).await?;
    let relationship = between(&transaction, pair.me.id, pair.other.id).await?;
    transaction.commit().await?;
    service.outbox.committed();
    Ok((groups, Json(relationship)))
}

/// Locks accounts in the order of their ids.
pub(super) async fn lock(db: &DatabaseTransaction, ids: &[i64]) -> Result<Vec<user::Model>, DbErr> {
    let chosen = user::Entity::find().filter(user::COLUMN.id.is_in(ids.iter().copied()));
    chosen.order_by_asc(user::Column::Id).lock_exclusive().all(db).await
}

/// What there is between two accounts, as the first sees it.
pub(super) async fn between(db: &impl ConnectionTrait, me: i64, other: i64) -> Result<Relationship, DbErr> {
    Ok(Relationship {
        following: follows(db, me, other).await?,
        followed_by: follows(db, other, me).await?,
        blocking: has_blocked(db, me, other).await?,
    })
}

async fn follows(db: &impl ConnectionTrait, follower: i64, followed: i64) -> Result<bool, DbErr> {
    let row = follow::Entity::find()
        .filter(follow::COLUMN.follower_id.eq(follower))
        .filter(follow::COLUMN.followed_id.eq(followed))
        .one(db)
        .await?;
    Ok(row.is_some_and(|row| row.is_active))
}

/// Whether one has blocked the other.
pub(crate) async fn has_blocked(db: &impl ConnectionTrait, blocker: i64, blocked: i64) -> Result<bool, DbErr> {
    let row = block::Entity::find()
        .filter(block::COLUMN.blocker_id.eq(blocker))
        .filter(block::COLUMN.blocked_id.eq(blocked))
        .one(db)
        .await?;
    Ok(row.is_some_and(|row| row.is_active))
}

/// The ids of those who have blocked this account, to leave them out of what it is shown.
pub(crate) fn blockers_of(id: i64) -> SelectStatement {
    block::Entity::find()
        .select_only()
        .column(block::Column::BlockerId)
        .filter(block::Column::BlockedId.eq(id))
        .filter(block::Column::IsActive.eq(true))
        .into_query()
}
