//! `PUT` and `DELETE /posts/{id}/like`

use axum::extract::State;
use principal::Principal;
use problem::{Json, Path};
use sea_orm::{
    ActiveModelTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, IntoActiveModel as _, sea_query::OnConflict,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Service, access, accounts,
    entity::like,
    error::Error,
    groups::{Changed, Group, changed},
    posts::store,
};

/// Whether the caller likes a post, and how many do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Liked {
    /// The post.
    #[schema(example = 42, minimum = 1)]
    pub(crate) post_id: i64,
    /// Whether the caller likes it now.
    pub(crate) liked: bool,
    /// How many accounts like it.
    #[schema(example = 3, minimum = 0)]
    pub(crate) like_count: i64,
}

/// Like a post
///
/// Whoever likes it already still does.
#[utoipa::path(
    put,
    path = "/posts/{id}/like",
    tag = "Likes",
    params(("id" = i64, Path, description = "The post.", example = 42, minimum = 1)),
    responses(
        (status = 200, description = "The caller likes it.", body = Liked),
        (status = 400, description = "The id is not a number."),
        (status = 403, description = "`blocked`: the caller has blocked the author of the post."),
        (status = 404, description = "There is no such post."),
    )
)]
pub(crate) async fn like_post(
    State(service): State<Service>,
    caller: Principal,
    Path(id): Path<i64>,
) -> Result<(Changed, Json<Liked>), Error> {
    set(&service, &caller, id, true).await
}

/// Take a like back
///
/// Whoever does not like it still does not.
#[utoipa::path(
    delete,
    path = "/posts/{id}/like",
    tag = "Likes",
    params(("id" = i64, Path, description = "The post.", example = 42, minimum = 1)),
    responses(
        (status = 200, description = "The caller does not like it.", body = Liked),
        (status = 400, description = "The id is not a number."),
        (status = 403, description = "`blocked`: the caller has blocked the author of the post."),
        (status = 404, description = "There is no such post."),
    )
)]
pub(crate) async fn unlike_post(
    State(service): State<Service>,
    caller: Principal,
    Path(id): Path<i64>,
) -> Result<(Changed, Json<Liked>), Error> {
    set(&service, &caller, id, false).await
}

async fn set(service: &Service, caller: &Principal, id: i64, liked: bool) -> Result<(Changed, Json<Liked>), Error> {
    let user = access::writer(caller)?;
    let now = service.clock.now();
    let transaction = service.db.write().await?;
    accounts::enter(&transaction, user).await?;
    let mut post = store::approach(&transaction, caller, id).await?;
    let row = like::Model { post_id: id, user_id: user, created_at: now };
    let changed = if liked { insert(&transaction, row).await? } else { remove(&transaction, row).await? };
    if changed > 0 {
        post = store::count(&transaction, post, if liked { 1 } else { -1 }, 0, now).await?;
    }
    transaction.commit().await?;
    service.outbox.committed();
    let groups = changed::post(id, post.author_id).and(Group::LikesOf(id)).and(Group::Viewer(user));
    Ok((groups, Json(Liked { post_id: id, liked, like_count: post.like_count })))
}

/// Answers how many rows there are more: the database decides whether there was one. They are not counted yet.
pub(crate) async fn insert(transaction: &DatabaseTransaction, like: like::Model) -> Result<u64, DbErr> {
    let nothing = OnConflict::new().do_nothing().to_owned();
    let row = like.into_active_model().reset_all();
    like::Entity::insert(row).on_conflict(nothing).exec_without_returning(transaction).await
}

/// Answers how many rows there are less.
async fn remove(transaction: &DatabaseTransaction, like: like::Model) -> Result<u64, DbErr> {
    Ok(like::Entity::delete_by_id((like.post_id, like.user_id)).exec(transaction).await?.rows_affected)
}
