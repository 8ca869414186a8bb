//! `PATCH /posts/{id}`

use axum::{extract::State, response::Response};
use http::HeaderMap;
use principal::Principal;
use problem::{Json, Path};

use super::{Post, change, fields::UpdatePost};
use crate::{Service, access, error::Error};

/// Change a post
///
/// By its author. A JSON merge patch: what is left out stays, `null` takes a value away. Tags that were named stay when the text changes, those in
/// it go with it.
#[utoipa::path(
    patch,
    path = "/posts/{id}",
    tag = "Posts",
    params(
        ("id" = i64, Path, description = "The post.", example = 42, minimum = 1),
        ("If-Match" = Option<String>, Header, description = "The version that the change was made from.", nullable = false),
    ),
    request_body(content((UpdatePost = "application/json"), (UpdatePost = "application/merge-patch+json"))),
    responses(
        (status = 200, description = "The post as it is now.", body = Post, headers(("ETag" = String, description = "The version."))),
        (status = 400, description = "`invalid_parameter`: the id is not a number."),
        (status = 403, description = "`forbidden`: the caller is not its author. `blocked`: the caller has blocked its author."),
        (status = 404, description = "There is no such post."),
        (status = 412, description = "The post was edited since the version in `If-Match`."),
    )
)]
pub(crate) async fn update_post(
    State(service): State<Service>,
    caller: Principal,
    Path(id): Path<i64>,
    headers: HeaderMap,
    Json(body): Json<UpdatePost>,
) -> Result<Response, Error> {
    access::writer(&caller)?;
    change::apply(&service, &caller, id, &headers, body.parse()?).await
}
