//! `DELETE /me/avatar`

use axum::extract::State;
use http::StatusCode;
use principal::Principal;
use sea_orm::EntityTrait as _;

use crate::{Service, access, accounts, entity::avatar, error::Error, groups::Changed};

/// Remove one's own picture
///
/// Profiles and posts show none a moment later.
#[utoipa::path(
    delete,
    path = "/me/avatar",
    tag = "Media",
    responses(
        (status = 204, description = "There is no picture any more."),
        (status = 404, description = "There was none."),
    )
)]
pub(crate) async fn remove_avatar(
    State(service): State<Service>,
    caller: Principal,
) -> Result<(StatusCode, Changed), Error> {
    let owner = access::writer(&caller)?;
    let transaction = service.db.write().await?;
    accounts::enter_alone(&transaction, owner).await?;
    let known = avatar::Entity::find_by_id(owner).one(&transaction).await?;
    if known.is_none_or(|known| known.hash.is_none()) {
        return Err(Error::NoAvatar);
    }
    super::put(&transaction, owner, None, None, service.clock.now()).await?;
    transaction.commit().await?;
    service.outbox.committed();
    Ok((StatusCode::NO_CONTENT, Changed::default()))
}
