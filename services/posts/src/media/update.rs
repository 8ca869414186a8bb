//! `PATCH /media/{id}`

use axum::{extract::State, response::Response};
use http::HeaderMap;
use principal::Principal;
use problem::{Fields, Json, Path};
use sea_orm::{ActiveModelTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, QuerySelect as _};
use serde::Deserialize;
use service::{
    etag::{self, Stale},
    parameters::{Patch, present},
};
use utoipa::ToSchema;

use super::{Focus, Media, own, respond, tag_of};
use crate::{
    Service, access, accounts,
    domain::AltText,
    entity::{media, post},
    error::Error,
    groups::{Changed, Group, changed},
    posts::store,
};

/// A change of what is said of a picture.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"alt": "A chain bridge in the morning"}))]
pub(crate) struct UpdateMedia {
    /// What is to be seen on it; `null` empties it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 1500)]
    alt: Patch<String>,
    /// What matters most on it; `null` takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Focus>)]
    focus: Patch<Focus>,
}

impl UpdateMedia {
    /// The row with the changes in it.
    fn apply(self, mut row: media::Model) -> Result<media::Model, Error> {
        let mut fields = Fields::new();
        if let Some(alt) = self.alt.and_then(|alt| fields.check("/alt", AltText::parse(&alt.unwrap_or_default()))) {
            alt.as_str().clone_into(&mut row.alt);
        }
        if let Some(focus) = self.focus {
            let checked = focus.and_then(Focus::checked);
            if focus.is_some() && checked.is_none() {
                fields.refuse("/focus", "out_of_range", "Both numbers are from 0 to 1.");
            }
            (row.focus_x, row.focus_y) = checked.map(|focus| (focus.x, focus.y)).unzip();
        }
        fields.finish()?;
        Ok(row)
    }
}

/// Change what is said of a picture
///
/// By whoever has uploaded it. A JSON merge patch: what is left out stays, `null` takes a value away. A post that has the picture
/// shows the change; that does not count as an edit of the post.
#[utoipa::path(
    patch,
    path = "/media/{id}",
    tag = "Media",
    params(
        ("id" = i64, Path, description = "The picture.", example = 3, minimum = 1),
        ("If-Match" = Option<String>, Header, description = "The version that the change was made from.", nullable = false),
    ),
    request_body(content((UpdateMedia = "application/json"), (UpdateMedia = "application/merge-patch+json"))),
    responses(
        (status = 200, description = "The picture as it is now.", body = Media, headers(("ETag" = String, description = "The version."))),
        (status = 400, description = "`invalid_parameter`: the id is not a number."),
        (status = 404, description = "The caller has no such picture."),
        (status = 409, description = "`conflict`: a post has taken or left the picture at the same moment."),
        (status = 412, description = "The picture has changed since the version in `If-Match`."),
    )
)]
pub(crate) async fn update_media(
    State(service): State<Service>,
    caller: Principal,
    Path(id): Path<i64>,
    headers: HeaderMap,
    Json(body): Json<UpdateMedia>,
) -> Result<Response, Error> {
    let owner = access::writer(&caller)?;
    let transaction = service.db.write().await?;
    accounts::enter(&transaction, owner).await?;
    let (post, before) = lock(&transaction, owner, id).await?;
    etag::check(&headers, &[&tag_of(&before)]).map_err(|Stale| Error::Stale)?;
    let after = body.apply(before.clone())?;
    let groups = groups(id, post.as_ref());
    if after == before {
        return Ok(respond(&HeaderMap::new(), before, groups));
    }
    let after = media::Model { version: before.version + 1, ..after };
    let after = after.into_active_model().reset_all().update(&transaction).await?;
    if let Some(post) = post {
        store::retell(&transaction, post, service.clock.now()).await?;
    }
    transaction.commit().await?;
    service.outbox.committed();
    Ok(respond(&HeaderMap::new(), after, groups))
}

/// The picture and the post that has it, both locked: the post first, as everybody does.
async fn lock(
    transaction: &DatabaseTransaction,
    owner: i64,
    id: i64,
) -> Result<(Option<post::Model>, media::Model), Error> {
    let post = match own(transaction, owner, id).await?.post_id {
        Some(post) => store::lock(transaction, post).await?,
        None => None,
    };
    let row = media::Entity::find_by_id(id).lock_exclusive().one(transaction).await?.ok_or(Error::NoSuchMedia)?;
    if row.post_id == post.as_ref().map(|post| post.id) { Ok((post, row)) } else { Err(Error::Moved) }
}

fn groups(id: i64, post: Option<&post::Model>) -> Changed {
    match post {
        Some(post) => changed::post(post.id, post.author_id).and(Group::Media(id)),
        None => changed::media(id),
    }
}
