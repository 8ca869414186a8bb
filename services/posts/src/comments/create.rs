//! `POST /posts/{id}/comments`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode};
use principal::Principal;
use problem::{Code, Json, Path, Problem};
use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _, IntoActiveModel as _, NotSet,
};
use service::{
    etag,
    idempotency::{self, Answer, Key},
};

use super::{Comment, WriteComment};
use crate::{
    Service, access, accounts,
    domain::CommentText,
    entity::{comment, post},
    error::Error,
    etag::of_comment,
    groups::{Changed, Group, changed},
    posts::store,
};

/// The name under which keys are kept.
const OPERATION: &str = "create_comment";

/// Comment on a post
///
/// Not under a post whose author has blocked the caller, or whom the caller has blocked.
#[utoipa::path(
    post,
    path = "/posts/{id}/comments",
    tag = "Comments",
    params(
        ("id" = i64, Path, description = "The post.", example = 42, minimum = 1),
        ("Idempotency-Key" = Option<String>, Header, description = "With the same key the same request is done once.", nullable = false),
    ),
    request_body = WriteComment,
    responses(
        (status = 201, description = "The comment.", body = Comment, headers(
            ("Location" = String, description = "The comment."),
            ("ETag" = String, description = "The version."),
            ("Idempotency-Replayed" = Option<String>, description = "`true` if this was answered before."),
        )),
        (status = 400, description = "`invalid_parameter`: the id is not a number, or the idempotency key is not valid."),
        (status = 403, description = "`blocked`: the caller has blocked the author of the post."),
        (status = 404, description = "There is no such post."),
        (status = 422, description = "`idempotency_key_reused`: the key came with another request."),
    )
)]
pub(crate) async fn create_comment(
    State(service): State<Service>,
    caller: Principal,
    Path(id): Path<i64>,
    headers: HeaderMap,
    Json(body): Json<WriteComment>,
) -> Result<Response, Error> {
    let author = access::writer(&caller)?;
    let text = body.parse()?;
    let asked = serde_json::to_vec(&(id, &text)).unwrap_or_default();
    let key = Key::of(&headers, &caller, OPERATION, &asked)?;
    let now = service.clock.now();
    let transaction = service.db.write().await?;
    if let Some(kept) = idempotency::begin(&transaction, key.as_ref(), now).await? {
        return Ok((groups_again(&transaction, id).await?, kept.replayed()).into_response());
    }
    accounts::enter(&transaction, author).await?;
    let post = store::approach(&transaction, &caller, id).await?;
    let comment = insert(&transaction, id, author, &text, now).await?;
    let post = store::count(&transaction, post, 0, 1, now).await?;
    let answer = answer(comment)?;
    idempotency::keep(&transaction, key.as_ref(), &answer, now).await?;
    transaction.commit().await?;
    service.outbox.committed();
    Ok((changed::post(id, post.author_id).and(Group::CommentsOf(id)), answer).into_response())
}

/// Adds a comment under a post that is locked; it is not counted yet.
pub(crate) async fn insert(
    transaction: &DatabaseTransaction,
    post: i64,
    author: i64,
    text: &CommentText,
    now: i64,
) -> Result<comment::Model, DbErr> {
    let row = comment::Model {
        id: 0,
        post_id: post,
        author_id: author,
        text: text.as_str().to_owned(),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let mut row = row.into_active_model().reset_all();
    row.id = NotSet;
    row.insert(transaction).await
}

/// What the request that is repeated has changed; of a post that is gone since, what is left to say.
async fn groups_again(db: &impl ConnectionTrait, id: i64) -> Result<Changed, DbErr> {
    let post = post::Entity::find_by_id(id).one(db).await?;
    let groups =
        post.map_or_else(|| Changed::new([Group::Post(id), Group::Posts]), |post| changed::post(id, post.author_id));
    Ok(groups.and(Group::CommentsOf(id)))
}

fn answer(comment: comment::Model) -> Result<Answer, Error> {
    let location = Some(format!("/posts/{}/comments/{}", comment.post_id, comment.id));
    let etag = Some(etag::value(&of_comment(&comment)));
    let body = serde_json::to_string(&Comment::from(comment)).map_err(|_| Problem::new(Code::Internal))?;
    Ok(Answer { status: StatusCode::CREATED, location, etag, body })
}
