//! `DELETE /media/{id}`

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use principal::Principal;
use problem::Path;
use sea_orm::{EntityTrait as _, QuerySelect as _};
use service::etag::{self, Stale};

use super::tag_of;
use crate::{
    Service, access, accounts,
    entity::media,
    error::Error,
    groups::{Changed, changed},
};

/// Delete a picture
///
/// By whoever has uploaded it, while no post has it. Its files go within some hours, unless somebody else has uploaded the same.
#[utoipa::path(
    delete,
    path = "/media/{id}",
    tag = "Media",
    params(
        ("id" = i64, Path, description = "The picture.", example = 3, minimum = 1),
        ("If-Match" = Option<String>, Header, description = "The version that is to be deleted.", nullable = false),
    ),
    responses(
        (status = 204, description = "The picture has been deleted."),
        (status = 400, description = "The id is not a number."),
        (status = 404, description = "The caller has no such picture, or no longer."),
        (status = 409, description = "`conflict`: a post has the picture; take it out of the post, or delete the post."),
        (status = 412, description = "The picture has changed since the version in `If-Match`."),
    )
)]
pub(crate) async fn delete_media(
    State(service): State<Service>,
    caller: Principal,
    Path(id): Path<i64>,
    headers: HeaderMap,
) -> Result<(StatusCode, Changed), Error> {
    let owner = access::writer(&caller)?;
    let transaction = service.db.write().await?;
    accounts::enter(&transaction, owner).await?;
    let row = media::Entity::find_by_id(id).lock_exclusive().one(&transaction).await?;
    let row = row.filter(|row| row.owner_id == owner).ok_or(Error::NoSuchMedia)?;
    etag::check(&headers, &[&tag_of(&row)]).map_err(|Stale| Error::Stale)?;
    if row.post_id.is_some() {
        return Err(Error::InUse);
    }
    media::Entity::delete_by_id(id).exec(&transaction).await?;
    transaction.commit().await?;
    Ok((StatusCode::NO_CONTENT, changed::media(id)))
}
