//! `POST /posts`

use axum::{
    extract::{FromRequest as _, Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use principal::Principal;
use problem::{Json, Problem};
use sea_orm::DatabaseTransaction;
use service::{
    etag,
    idempotency::{self, Answer, Key},
};

use super::{
    Post,
    fields::{Draft, WritePost},
    form::{self, UploadPost},
    store,
};
use crate::{
    Service, access, accounts,
    entity::post,
    error::Error,
    etag::of_post,
    events,
    groups::changed,
    media::{self, Caption, Media},
    uploads::Stored,
};

/// The name under which keys are kept.
pub(super) const OPERATION: &str = "create_post";

/// Pictures that come with a post, and what is said of them.
pub(super) type Pictures<'a> = Vec<(&'a Stored, Caption)>;

/// Write a post
///
/// With a text, pictures that were uploaded before, or both; as a form with a text and its pictures, of which all are taken or nothing
/// is. `#words` in the text are tags.
#[utoipa::path(
    post,
    path = "/posts",
    tag = "Posts",
    params(("Idempotency-Key" = Option<String>, Header, description = "With the same key the same request is done once.", nullable = false)),
    request_body(content((WritePost = "application/json"), (UploadPost = "multipart/form-data"))),
    responses(
        (status = 201, description = "The post.", body = Post, headers(
            ("Location" = String, description = "The post."),
            ("ETag" = String, description = "The version."),
            ("Idempotency-Replayed" = Option<String>, description = "`true` if this was answered before."),
        )),
        (status = 400, description = "`invalid_parameter`: the idempotency key is not valid, or the form is malformed."),
        (status = 408, description = "`upstream_timeout`: a file did not arrive within two minutes."),
        (status = 409, description = "`conflict`: the caller's pictures would take more room than they have; `quota` says how much that is."),
        (status = 415, description = "`unsupported_media_type`: the body is neither JSON nor a form, or a file is no JPEG, PNG, WebP or GIF."),
        (status = 422, description = "`idempotency_key_reused`: the key came with another request."),
    )
)]
pub(crate) async fn create_post(
    State(service): State<Service>,
    caller: Principal,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Error> {
    access::writer(&caller)?;
    if is_form(&headers) {
        return form::create(&service, &caller, &headers, request).await;
    }
    let Json(body) = Json::<WritePost>::from_request(request, &()).await?;
    let draft = body.parse()?;
    let asked = serde_json::to_vec(&draft).unwrap_or_default();
    let key = Key::of(&headers, &caller, OPERATION, &asked)?;
    publish(&service, &caller, draft, key.as_ref()).await
}

fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.get(..19).is_some_and(|start| start.eq_ignore_ascii_case("multipart/form-data"))
}

/// Makes a post of a draft, or finds what was answered under its key. The answer to whoever sent it, in whatever form.
pub(crate) async fn publish(
    service: &Service,
    caller: &Principal,
    draft: Draft,
    key: Option<&Key>,
) -> Result<Response, Error> {
    publish_with(service, caller, draft, &Vec::new(), key).await
}

/// The same, with pictures that come with it: they are noted in the same transaction.
pub(super) async fn publish_with(
    service: &Service,
    caller: &Principal,
    mut draft: Draft,
    pictures: &Pictures<'_>,
    key: Option<&Key>,
) -> Result<Response, Error> {
    let author = access::writer(caller)?;
    let now = service.clock.now();
    let transaction = service.db.write().await?;
    if let Some(kept) = idempotency::begin(&transaction, key, now).await? {
        let groups = changed::post(id_in(&kept), author);
        return Ok((groups, kept.replayed()).into_response());
    }
    if pictures.is_empty() {
        accounts::enter(&transaction, author).await?;
    } else {
        accounts::enter_alone(&transaction, author).await?;
    }
    for (picture, caption) in pictures {
        draft.media.push(media::insert(service, &transaction, author, picture, caption).await?.id);
    }
    let (post, media) = insert(&transaction, author, draft, now).await?;
    let groups = changed::post(post.id, author);
    let answer = answer(post, media)?;
    idempotency::keep(&transaction, key, &answer, now).await?;
    transaction.commit().await?;
    service.outbox.committed();
    Ok((groups, answer).into_response())
}

/// Adds the post and its pictures, and tells of it.
pub(crate) async fn insert(
    transaction: &DatabaseTransaction,
    author: i64,
    draft: Draft,
    now: i64,
) -> Result<(post::Model, Vec<Media>), Error> {
    // It was parsed as a whole, so there are not too many.
    let tags = draft.given.with_those_in(draft.text.as_str()).unwrap_or_default();
    let row = post::Model {
        id: 0,
        author_id: author,
        text: draft.text.as_str().to_owned(),
        given_tags: draft.given.to_json(),
        tags: tags.to_json(),
        like_count: 0,
        comment_count: 0,
        created_at: now,
        updated_at: now,
        version: 1,
        seq: 1,
    };
    let post = store::insert(transaction, row, &tags).await?;
    let media = media::attach(transaction, author, post.id, &draft.media, now).await?;
    events::created(transaction, &post, &media).await?;
    Ok((post, media))
}

fn answer(post: post::Model, media: Vec<Media>) -> Result<Answer, Error> {
    let location = Some(format!("/posts/{}", post.id));
    let etag = Some(etag::value(&of_post(&post)));
    let body = serde_json::to_string(&Post::new(post, media));
    let body = body.map_err(|_| Problem::new(problem::Code::Internal))?;
    Ok(Answer { status: StatusCode::CREATED, location, etag, body })
}

/// Which post an answer is about.
fn id_in(answer: &Answer) -> i64 {
    let id = answer.location.as_deref().and_then(|location| location.rsplit('/').next());
    id.and_then(|id| id.parse().ok()).unwrap_or_default()
}
