//! Who is not to see whom: a copy of the blocks of `users`. A block hides the posts, comments and likes of each of the two from the other.

use principal::Principal;
use sea_orm::{
    Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    sea_query::{Expr, Query},
};

use crate::{entity::block, error::Error};

/// How the caller stands to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Well,
    /// The caller has blocked the other, who has not.
    HasBlocked,
    /// The other has blocked the caller.
    IsBlocked,
}

/// Leaves out what `author`, a column, says is of somebody who is not to be seen; nobody is left out for a caller who is not signed in.
///
/// Two look-ups in an index for each row of a page. They are values and not joins, so that no planner begins a list with the blocks.
pub(crate) fn unhidden(author: &Expr, caller: &Principal) -> Condition {
    let Some(viewer) = caller.user_id() else { return Condition::all() };
    let viewer = Expr::val(viewer);
    Condition::all().add(is_not_blocked(&viewer, author)).add(is_not_blocked(author, &viewer))
}

fn is_not_blocked(blocker: &Expr, blocked: &Expr) -> Expr {
    let column = |column| Expr::col((block::Entity, column));
    let block = Query::select()
        .expr(column(block::Column::IsActive))
        .from(block::Entity)
        .and_where(column(block::Column::BlockerId).eq(blocker.clone()))
        .and_where(column(block::Column::BlockedId).eq(blocked.clone()))
        .and_where(column(block::Column::IsActive).eq(true))
        .limit(1)
        .to_owned();
    Expr::SubQuery(None, Box::new(block.into())).is_not(Expr::custom_keyword("TRUE"))
}

/// Whether the caller is to see what `author` writes.
pub(crate) async fn sees(db: &impl ConnectionTrait, caller: &Principal, author: i64) -> Result<bool, DbErr> {
    Ok(standing(db, caller, author).await? == Standing::Well)
}

/// Refuses to do something to what `author` wrote: to whoever has blocked them because of that, to whom they have blocked as if it did
/// not exist, with the error `unseen`.
///
/// # Errors
/// [`Error::Blocked`], or `unseen`.
pub(crate) async fn check(
    db: &impl ConnectionTrait,
    caller: &Principal,
    author: i64,
    unseen: Error,
) -> Result<(), Error> {
    match standing(db, caller, author).await? {
        Standing::Well => Ok(()),
        Standing::HasBlocked => Err(Error::Blocked),
        Standing::IsBlocked => Err(unseen),
    }
}

async fn standing(db: &impl ConnectionTrait, caller: &Principal, other: i64) -> Result<Standing, DbErr> {
    let Some(viewer) = caller.user_id().filter(|viewer| *viewer != other) else { return Ok(Standing::Well) };
    let pair =
        |blocker: i64, blocked: i64| block::COLUMN.blocker_id.eq(blocker).and(block::COLUMN.blocked_id.eq(blocked));
    let either = Condition::any().add(pair(viewer, other)).add(pair(other, viewer));
    let blocks = block::Entity::find().filter(either).filter(block::COLUMN.is_active.eq(true)).all(db).await?;
    Ok(match blocks.as_slice() {
        [] => Standing::Well,
        blocks if blocks.iter().any(|block| block.blocker_id == other) => Standing::IsBlocked,
        _ => Standing::HasBlocked,
    })
}
