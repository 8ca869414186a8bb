//! Changing one comment.

use axum::response::Response;
use http::HeaderMap;
use principal::Principal;
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};

use super::{lock, respond};
use crate::{
    Service,
    access::{self, Action},
    accounts, blocks,
    domain::CommentText,
    entity::comment,
    error::Error,
    etag,
    groups::{Changed, Group},
    posts::store,
};

/// Gives a comment this text, if there is one, if the caller is its author and it is in the version that the caller knows.
pub(super) async fn apply(
    service: &Service,
    caller: &Principal,
    (post, id): (i64, i64),
    headers: &HeaderMap,
    text: Option<CommentText>,
) -> Result<Response, Error> {
    let writer = access::writer(caller)?;
    let transaction = service.db.write().await?;
    accounts::enter(&transaction, writer).await?;
    store::approach(&transaction, caller, post).await?;
    let before = lock(&transaction, post, id).await?.ok_or(Error::NoSuchComment)?;
    blocks::check(&transaction, caller, before.author_id, Error::NoSuchComment).await?;
    access::check(Action::Edit, caller, &[before.author_id])?;
    etag::check(headers, before.id, before.version)?;
    let groups = Changed::new([Group::CommentsOf(post)]);
    let Some(text) = text.filter(|text| text.as_str() != before.text) else {
        return Ok(respond(&HeaderMap::new(), before, groups));
    };
    let after = comment::Model {
        text: text.as_str().to_owned(),
        updated_at: service.clock.now(),
        version: before.version + 1,
        ..before
    };
    let after = after.into_active_model().reset_all().update(&transaction).await?;
    transaction.commit().await?;
    Ok(respond(&HeaderMap::new(), after, groups))
}
