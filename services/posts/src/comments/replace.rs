//! `PUT /posts/{id}/comments/{comment_id}`

use axum::{extract::State, response::Response};
use http::HeaderMap;
use principal::Principal;
use problem::{Json, Path};

use super::{Comment, WriteComment, change};
use crate::{Service, access, error::Error};

/// Replace a comment
///
/// By its author.
#[utoipa::path(
    put,
    path = "/posts/{id}/comments/{comment_id}",
    tag = "Comments",
    params(
        ("id" = i64, Path, description = "The post.", example = 42, minimum = 1),
        ("comment_id" = i64, Path, description = "The comment.", example = 5, minimum = 1),
        ("If-Match" = Option<String>, Header, description = "The version that is to be replaced.", nullable = false),
    ),
    request_body = WriteComment,
    responses(
        (status = 200, description = "The comment as it is now.", body = Comment, headers(("ETag" = String, description = "The version."))),
        (status = 400, description = "`invalid_parameter`: an id is not a number."),
        (status = 403, description = "`forbidden`: the caller is not its author. `blocked`: the caller has blocked an author."),
        (status = 404, description = "There is no such comment under this post."),
        (status = 412, description = "The comment was edited since the version in `If-Match`."),
    )
)]
pub(crate) async fn replace_comment(
    State(service): State<Service>,
    caller: Principal,
    Path(which): Path<(i64, i64)>,
    headers: HeaderMap,
    Json(body): Json<WriteComment>,
) -> Result<Response, Error> {
    access::writer(&caller)?;
    change::apply(&service, &caller, which, &headers, Some(body.parse()?)).await
}
