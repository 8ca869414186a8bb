//! The picture of an account. It is uploaded like every other; `users` is told where it is, and everybody else by `users`.

mod remove;
mod set;

use sea_orm::{
    ActiveModelTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, IntoActiveModel as _, sea_query::OnConflict,
};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use remove::{__path_remove_avatar, remove_avatar};
pub(crate) use set::{__path_set_avatar, set_avatar};

use crate::{entity::avatar, events};

/// The picture of an account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Avatar {
    /// Where it is; what is there never changes.
    pub(crate) avatar: String,
}

/// What an account has now, and tells of it. The account is entered, so there is one change at a time.
async fn put(
    transaction: &DatabaseTransaction,
    owner: i64,
    picture: Option<(&str, i64)>,
    url: Option<&str>,
    now: i64,
) -> Result<(), DbErr> {
    let known = avatar::Entity::find_by_id(owner).one(transaction).await?;
    let row = avatar::Model {
        user_id: owner,
        hash: picture.map(|(hash, _)| hash.to_owned()),
        bytes: picture.map_or(0, |(_, bytes)| bytes),
        version: known.map_or(0, |known| known.version) + 1,
    };
    let version = row.version;
    let columns = [avatar::Column::Hash, avatar::Column::Bytes, avatar::Column::Version];
    let newer = OnConflict::column(avatar::Column::UserId).update_columns(columns).to_owned();
    avatar::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(newer)
        .exec_without_returning(transaction)
        .await?;
    events::avatar(transaction, owner, version, url, now).await
}

/// The account is gone, and so is its picture. Nobody needs to be told.
pub(crate) async fn end(transaction: &DatabaseTransaction, owner: i64) -> Result<(), DbErr> {
    let Some(known) = avatar::Entity::find_by_id(owner).one(transaction).await? else { return Ok(()) };
    let gone = avatar::Model { hash: None, bytes: 0, version: known.version + 1, ..known };
    gone.into_active_model().reset_all().update(transaction).await.map(drop)
}
