//! `PATCH /posts/{id}/comments/{comment_id}`

use axum::{extract::State, response::Response};
use http::HeaderMap;
use principal::Principal;
use problem::{Json, Path, Problem};
use serde::Deserialize;
use service::parameters::{Patch, present};
use utoipa::ToSchema;

use super::{Comment, change, parse};
use crate::{Service, access, domain::CommentText, error::Error};

/// A change of a comment.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "It was closed for years."}))]
pub(crate) struct UpdateComment {
    /// 1–2,000 characters, in lines.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 2000)]
    text: Patch<String>,
}

impl UpdateComment {
    /// A comment without a text is none, so `null` is refused as an empty one.
    fn parse(self) -> Result<Option<CommentText>, Problem> {
        self.text.map(|text| parse(&text.unwrap_or_default())).transpose()
    }
}

/// Change a comment
///
/// By its author. A JSON merge patch: what is left out stays.
#[utoipa::path(
    patch,
    path = "/posts/{id}/comments/{comment_id}",
    tag = "Comments",
    params(
        ("id" = i64, Path, description = "The post.", example = 42, minimum = 1),
        ("comment_id" = i64, Path, description = "The comment.", example = 5, minimum = 1),
        ("If-Match" = Option<String>, Header, description = "The version that the change was made from.", nullable = false),
    ),
    request_body(content((UpdateComment = "application/json"), (UpdateComment = "application/merge-patch+json"))),
    responses(
        (status = 200, description = "The comment as it is now.", body = Comment, headers(("ETag" = String, description = "The version."))),
        (status = 400, description = "`invalid_parameter`: an id is not a number."),
        (status = 403, description = "`forbidden`: the caller is not its author. `blocked`: the caller has blocked an author."),
        (status = 404, description = "There is no such comment under this post."),
        (status = 412, description = "The comment was edited since the version in `If-Match`."),
    )
)]
pub(crate) async fn update_comment(
    State(service): State<Service>,
    caller: Principal,
    Path(which): Path<(i64, i64)>,
    headers: HeaderMap,
    Json(body): Json<UpdateComment>,
) -> Result<Response, Error> {
    access::writer(&caller)?;
    change::apply(&service, &caller, which, &headers, body.parse()?).await
}
