//! `POST /media`

use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode};
use principal::Principal;
use problem::{Code, Fields, Problem};
use service::{
    etag,
    idempotency::{self, Answer, Key},
};
use utoipa::ToSchema;

use super::{Caption, Media, insert, tag_of};
use crate::{
    Service, access, accounts,
    entity::media,
    error::Error,
    groups::changed,
    uploads::{self, Received, Wanted},
};

/// The name under which keys are kept.
const OPERATION: &str = "create_media";

const WANTED: Wanted = Wanted { once: &["alt", "focus"], often: &[], pictures: 1 };

/// A picture, and what is said of it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it describes a form, which is read part by part")]
pub(crate) struct UploadMedia {
    /// A JPEG, PNG, WebP or GIF: at most 10 MiB, 12,000 pixels on a side and 16,777,216 in all.
    #[schema(value_type = String, format = Binary)]
    image: Vec<u8>,
    /// What is to be seen on it, for those who do not see it.
    #[schema(max_length = 1500, nullable = false)]
    alt: Option<String>,
    /// What matters most on it, as parts of its width and height.
    #[schema(example = "0.5,0.4", nullable = false)]
    focus: Option<String>,
}

/// Upload a picture
///
/// It is turned as it is looked at, made in several sizes, and stored without whatever else was in the file, such as where it was
/// taken; of a picture that moves, the beginning stays. A post takes it by `media_ids`; if none does for a day, it goes.
#[utoipa::path(
    post,
    path = "/media",
    tag = "Media",
    params(("Idempotency-Key" = Option<String>, Header, description = "With the same key the same request is done once.", nullable = false)),
    request_body(content = UploadMedia, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "The picture.", body = Media, headers(
            ("Location" = String, description = "The picture."),
            ("ETag" = String, description = "The version."),
            ("Idempotency-Replayed" = Option<String>, description = "`true` if this was answered before."),
        )),
        (status = 400, description = "`invalid_parameter`: the form is malformed, or the idempotency key is not valid."),
        (status = 408, description = "`upstream_timeout`: the file did not arrive within two minutes."),
        (status = 409, description = "`conflict`: the caller's pictures would take more room than they have; `quota` says how much that is."),
        (status = 413, description = "`payload_too_large`: the file is larger than `limit` bytes."),
        (status = 415, description = "`unsupported_media_type`: the body is no form, or the file no JPEG, PNG, WebP or GIF."),
        (status = 422, description = "`validation_failed`: the file is broken or has too many pixels, or a field is not valid. `idempotency_key_reused`: the key came with another request."),
    )
)]
pub(crate) async fn create_media(
    State(service): State<Service>,
    caller: Principal,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Error> {
    access::writer(&caller)?;
    uploads::take_in(&service, request, &WANTED, async |received| add(&service, &caller, &headers, received).await)
        .await
}

async fn add(
    service: &Service,
    caller: &Principal,
    headers: &HeaderMap,
    received: &Received,
) -> Result<Response, Error> {
    let owner = access::writer(caller)?;
    let mut fields = Fields::new();
    let caption = Caption::parse(received.text("alt"), received.text("focus"), &mut fields);
    let [picture] = received.pictures.as_slice() else {
        fields.refuse("/image", "required", "This field is required.");
        return Err(fields.refused().into());
    };
    fields.finish()?;
    let asked = serde_json::to_vec(&(received.digests(), &caption)).unwrap_or_default();
    let key = Key::of(headers, caller, OPERATION, &asked)?;
    let now = service.clock.now();
    let transaction = service.db.write().await?;
    if let Some(kept) = idempotency::begin(&transaction, key.as_ref(), now).await? {
        return Ok((changed::media(id_in(&kept)), kept.replayed()).into_response());
    }
    accounts::enter_alone(&transaction, owner).await?;
    let row = insert(service, &transaction, owner, picture, &caption).await?;
    let groups = changed::media(row.id);
    let answer = answer(row)?;
    idempotency::keep(&transaction, key.as_ref(), &answer, now).await?;
    transaction.commit().await?;
    Ok((groups, answer).into_response())
}

fn answer(row: media::Model) -> Result<Answer, Error> {
    let location = Some(format!("media/{}", row.id));
    let etag = Some(etag::value(&tag_of(&row)));
    let body = serde_json::to_string(&Media::from(row)).map_err(|_| Problem::new(Code::Internal))?;
    Ok(Answer { status: StatusCode::CREATED, location, etag, body })
}

/// Which picture an answer is about.
fn id_in(answer: &Answer) -> i64 {
    let id = answer.location.as_deref().and_then(|location| location.rsplit('/').next());
    id.and_then(|id| id.parse().ok()).unwrap_or_default()
}
