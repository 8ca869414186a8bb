//! Changing one post: one transaction, whatever is changed.

use axum::response::Response;
use http::HeaderMap;
use principal::Principal;
use problem::Fields;

use super::{
    fields::{Changes, check_whole},
    respond, store,
};
use crate::{
    Service,
    access::{self, Action},
    accounts,
    domain::{PostText, Tags},
    entity::post,
    error::Error,
    etag, events,
    groups::changed,
    media,
};

/// Applies the changes if the caller is the author and the post is in the version that the caller knows; answers with the post as it is
/// now.
pub(super) async fn apply(
    service: &Service,
    caller: &Principal,
    id: i64,
    headers: &HeaderMap,
    changes: Changes,
) -> Result<Response, Error> {
    let writer = access::writer(caller)?;
    let transaction = service.db.write().await?;
    accounts::enter(&transaction, writer).await?;
    let before = store::approach(&transaction, caller, id).await?;
    access::check(Action::Edit, caller, &[before.author_id])?;
    etag::check(headers, before.id, before.version)?;
    let media_before = media::of_post(&transaction, id).await?;
    let ids_before: Vec<i64> = media_before.iter().map(|media| media.id).collect();
    let ids = changes.media.clone().unwrap_or_else(|| ids_before.clone());
    let (mut after, tags) = changed(&before, changes, &ids)?;
    if after == before && ids == ids_before {
        return Ok(respond(&HeaderMap::new(), before, media_before, changed::post(id, writer)));
    }
    let now = service.clock.now();
    (after.version, after.seq, after.updated_at) = (before.version + 1, before.seq + 1, now);
    let after = store::update(&transaction, after, &tags).await?;
    let media = media::attach(&transaction, writer, id, &ids, now).await?;
    events::changed(&transaction, &after, &media, now).await?;
    transaction.commit().await?;
    service.outbox.committed();
    Ok(respond(&HeaderMap::new(), after, media, changed::post(id, writer)))
}

/// The post with the changes in it, and all its tags.
fn changed(before: &post::Model, changes: Changes, media: &[i64]) -> Result<(post::Model, Tags), Error> {
    let mut fields = Fields::new();
    let text = match changes.text {
        Some(text) => text,
        None => fields.check("/text", PostText::parse(&before.text)).unwrap_or_default(),
    };
    let given = changes.given.unwrap_or_else(|| Tags::stored(&before.given_tags));
    check_whole(&text, &given, !media.is_empty(), &mut fields);
    fields.finish()?;
    let tags = given.with_those_in(text.as_str()).unwrap_or_default();
    let after = post::Model {
        text: text.as_str().to_owned(),
        given_tags: given.to_json(),
        tags: tags.to_json(),
        ..before.clone()
    };
    Ok((after, tags))
}
