//! `PUT /me/avatar`

use axum::extract::{Request, State};
use principal::Principal;
use problem::{Code, Fields, Json, Problem};
use sea_orm::EntityTrait as _;
use utoipa::ToSchema;

use super::Avatar;
use crate::{
    Service, access, accounts,
    entity::avatar,
    error::Error,
    files::lease,
    groups::Changed,
    media,
    uploads::{self, Received, Wanted},
};

const WANTED: Wanted = Wanted { once: &[], often: &[], pictures: 1 };

/// Which variant is shown beside a name.
const HEIGHT: &str = "240";

/// The picture of an account.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it describes a form, which is read part by part")]
pub(crate) struct UploadAvatar {
    /// A JPEG, PNG, WebP or GIF: at most 10 MiB, 12,000 pixels on a side and 16,777,216 in all.
    #[schema(value_type = String, format = Binary)]
    image: Vec<u8>,
}

/// Set one's own picture
///
/// It takes the place of the one before. Profiles and posts show it a moment later.
#[utoipa::path(
    put,
    path = "/me/avatar",
    tag = "Media",
    request_body(content = UploadAvatar, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "Where the picture is.", body = Avatar),
        (status = 400, description = "`invalid_parameter`: the form is malformed."),
        (status = 408, description = "`upstream_timeout`: the file did not arrive within two minutes."),
        (status = 409, description = "`conflict`: the caller's pictures would take more room than they have; `quota` says how much that is."),
        (status = 413, description = "`payload_too_large`: the file is larger than `limit` bytes."),
        (status = 415, description = "`unsupported_media_type`: the body is no form, or the file no JPEG, PNG, WebP or GIF."),
        (status = 422, description = "`validation_failed`: the file is broken or has too many pixels, or a field is not known."),
    )
)]
pub(crate) async fn set_avatar(
    State(service): State<Service>,
    caller: Principal,
    request: Request,
) -> Result<(Changed, Json<Avatar>), Error> {
    let owner = access::writer(&caller)?;
    uploads::take_in(&service, request, &WANTED, async |received| set(&service, owner, received).await).await
}

async fn set(service: &Service, owner: i64, received: &Received) -> Result<(Changed, Json<Avatar>), Error> {
    let [picture] = received.pictures.as_slice() else {
        let mut fields = Fields::new();
        fields.refuse("/image", "required", "This field is required.");
        return Err(fields.refused().into());
    };
    let url = picture.url(HEIGHT).ok_or_else(|| Problem::new(Code::Internal))?;
    let now = service.clock.now();
    let transaction = service.db.write().await?;
    accounts::enter_alone(&transaction, owner).await?;
    let before = avatar::Entity::find_by_id(owner).one(&transaction).await?;
    // What it takes the place of makes room.
    media::quota(service, &transaction, owner, picture.bytes - before.map_or(0, |before| before.bytes)).await?;
    lease::hold(&transaction, &picture.hash, now).await?;
    super::put(&transaction, owner, Some((&picture.hash, picture.bytes)), Some(url), now).await?;
    transaction.commit().await?;
    service.outbox.committed();
    Ok((Changed::default(), Json(Avatar { avatar: url.to_owned() })))
}
