//! `GET /media/{id}`

use axum::{extract::State, response::Response};
use http::HeaderMap;
use principal::Principal;
use problem::Path;

use super::{Media, own, respond};
use crate::{
    Service, access,
    error::Error,
    groups::{Group, of},
};

/// Read a picture
///
/// By whoever has uploaded it; others see it in a post.
#[utoipa::path(
    get,
    path = "/media/{id}",
    tag = "Media",
    params(
        ("id" = i64, Path, description = "The picture.", example = 3, minimum = 1),
        ("If-None-Match" = Option<String>, Header, description = "The version that the caller has.", nullable = false),
    ),
    responses(
        (status = 200, description = "The picture.", body = Media, headers(("ETag" = String, description = "The version."))),
        (status = 304, description = "The caller has it already."),
        (status = 400, description = "`invalid_parameter`: the id is not a number."),
        (status = 404, description = "The caller has no such picture."),
    )
)]
pub(crate) async fn show_media(
    State(service): State<Service>,
    caller: Principal,
    Path(id): Path<i64>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let owner = access::writer(&caller)?;
    let row = own(service.db.reader(), owner, id).await?;
    Ok(respond(&headers, row, of::seen(Group::Media(id), &caller)))
}
