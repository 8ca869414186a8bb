//! Changing what is between two accounts, in a transaction that has locked both.

use sea_orm::{
    ActiveModelTrait as _, ActiveValue, ActiveValue::Set, ColumnTrait as _, Condition, DatabaseTransaction, DbErr,
    EntityTrait as _, ExprTrait as _, NotSet, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
    sea_query::Expr,
};

use super::pair;
use crate::{
    Service,
    entity::{block, follow, user},
    error::Error,
    events,
};

/// So many pairs of a deleted account are ended in one go.
const BATCH: u64 = 100;

/// What is known of a pair, whatever is between the two.
struct Known {
    id: i64,
    is_active: bool,
    since: i64,
    version: i64,
}

/// What its row is next.
struct Next {
    id: ActiveValue<i64>,
    since: ActiveValue<i64>,
    version: ActiveValue<i64>,
}

impl Next {
    /// None if the pair is what it is to be. A row stays when what it says ends, and its version counts on.
    fn after(known: Option<Known>, active: bool, now: i64) -> Option<Self> {
        let Some(Known { id, is_active, since, version }) = known else {
            return active.then_some(Self { id: NotSet, since: Set(now), version: Set(1) });
        };
        let since = if active { now } else { since };
        (is_active != active).then(|| Self { id: Set(id), since: Set(since), version: Set(version + 1) })
    }
}

/// Makes one follow the other, or not. Answers whether anything is different now.
pub(super) async fn follow(
    db: &DatabaseTransaction,
    (follower, followed): (i64, i64),
    active: bool,
    now: i64,
) -> Result<bool, DbErr> {
    let found = follow::Entity::find()
        .filter(follow::COLUMN.follower_id.eq(follower))
        .filter(follow::COLUMN.followed_id.eq(followed))
        .one(db)
        .await?;
    let known = found.map(|row| Known { id: row.id, is_active: row.is_active, since: row.since, version: row.version });
    let Some(next) = Next::after(known, active, now) else { return Ok(false) };
    let row = follow::ActiveModel {
        id: next.id,
        follower_id: Set(follower),
        followed_id: Set(followed),
        is_active: Set(active),
        since: next.since,
        version: next.version,
    };
    let row = if row.id.is_set() { row.update(db).await? } else { row.insert(db).await? };
    let by = if active { 1 } else { -1 };
    count(db, follower, user::Column::FollowingCount, by).await?;
    count(db, followed, user::Column::FollowersCount, by).await?;
    events::follow(db, &row, now).await?;
    Ok(true)
}

/// Whether one follows the other, or ever did.
pub(super) async fn have_followed(db: &DatabaseTransaction, (one, other): (i64, i64)) -> Result<bool, DbErr> {
    let pair = |follower: i64, followed: i64| {
        Condition::all().add(follow::COLUMN.follower_id.eq(follower)).add(follow::COLUMN.followed_id.eq(followed))
    };
    let rows = follow::Entity::find().filter(Condition::any().add(pair(one, other)).add(pair(other, one)));
    Ok(rows.one(db).await?.is_some())
}

/// Makes one block the other, or not. Answers whether anything is different now.
pub(super) async fn block(
    db: &DatabaseTransaction,
    (blocker, blocked): (i64, i64),
    active: bool,
    now: i64,
) -> Result<bool, DbErr> {
    let found = block::Entity::find()
        .filter(block::COLUMN.blocker_id.eq(blocker))
        .filter(block::COLUMN.blocked_id.eq(blocked))
        .one(db)
        .await?;
    let known = found.map(|row| Known { id: row.id, is_active: row.is_active, since: row.since, version: row.version });
    let Some(next) = Next::after(known, active, now) else { return Ok(false) };
    let row = block::ActiveModel {
        id: next.id,
        blocker_id: Set(blocker),
        blocked_id: Set(blocked),
        is_active: Set(active),
        since: next.since,
        version: next.version,
    };
    let row = if row.id.is_set() { row.update(db).await? } else { row.insert(db).await? };
    events::block(db, &row, now).await?;
    Ok(true)
}

/// The counter is one of the row's tag, not of its version: who edits a profile need not know who follows it meanwhile.
async fn count(db: &DatabaseTransaction, id: i64, counter: user::Column, by: i64) -> Result<(), DbErr> {
    user::Entity::update_many()
        .col_expr(counter, Expr::col(counter).add(by))
        .filter(user::COLUMN.id.eq(id))
        .exec(db)
        .await
        .map(drop)
}

/// Ends what was between a deleted account and others, pair by pair: with many pairs, nobody waits long for this.
///
/// # Errors
/// The database's. What is left is found by [`end_of_deleted`].
pub(crate) async fn end_of(service: &Service, id: i64) -> Result<(), Error> {
    let now = service.clock.now();
    let both = Condition::any().add(follow::COLUMN.follower_id.eq(id)).add(follow::COLUMN.followed_id.eq(id));
    let follows = follow::Entity::find().filter(both).filter(follow::COLUMN.is_active.eq(true));
    for row in follows.order_by_asc(follow::Column::Id).all(service.db.reader()).await? {
        let transaction = service.db.write().await?;
        pair::lock(&transaction, &[row.follower_id, row.followed_id]).await?;
        follow(&transaction, (row.follower_id, row.followed_id), false, now).await?;
        transaction.commit().await?;
    }
    let both = Condition::any().add(block::COLUMN.blocker_id.eq(id)).add(block::COLUMN.blocked_id.eq(id));
    let blocks = block::Entity::find().filter(both).filter(block::COLUMN.is_active.eq(true));
    for row in blocks.order_by_asc(block::Column::Id).all(service.db.reader()).await? {
        let transaction = service.db.write().await?;
        pair::lock(&transaction, &[row.blocker_id, row.blocked_id]).await?;
        block(&transaction, (row.blocker_id, row.blocked_id), false, now).await?;
        transaction.commit().await?;
    }
    service.outbox.committed();
    Ok(())
}

/// Ends what a deletion that was interrupted has left.
///
/// # Errors
/// The database's.
pub(crate) async fn end_of_deleted(service: &Service) -> Result<(), Error> {
    let active = |query: sea_orm::Select<follow::Entity>| query.filter(follow::Column::IsActive.eq(true)).into_query();
    let follower = active(follow::Entity::find().select_only().column(follow::Column::FollowerId));
    let followed = active(follow::Entity::find().select_only().column(follow::Column::FollowedId));
    let blocks = |column| {
        let rows = block::Entity::find().select_only().column(column).filter(block::Column::IsActive.eq(true));
        rows.into_query()
    };
    let left = Condition::any()
        .add(user::Column::Id.in_subquery(follower))
        .add(user::Column::Id.in_subquery(followed))
        .add(user::Column::Id.in_subquery(blocks(block::Column::BlockerId)))
        .add(user::Column::Id.in_subquery(blocks(block::Column::BlockedId)));
    let deleted =
        user::Entity::find().select_only().column(user::Column::Id).filter(user::COLUMN.deleted_at.is_not_null());
    let ids: Vec<i64> = deleted.filter(left).limit(BATCH).into_tuple().all(service.db.reader()).await?;
    for id in ids {
        end_of(service, id).await?;
    }
    Ok(())
}
