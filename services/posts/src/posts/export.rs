//! `GET /internal/posts-export`

use axum::extract::State;
use principal::Principal;
use problem::{Json, Query};
use sea_orm::{EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::{Deserialize, Serialize};
use service::parameters;
use utoipa::{IntoParams, ToSchema};

use super::{tags_of, with_media};
use crate::{
    Service,
    access::{self, Action},
    entity::post,
    error::Error,
    media::Media,
};

/// The most posts of one answer, and as many as are returned unless the caller says otherwise.
const MOST: u64 = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportPosts {
    /// `next_after` of the answer before; 0 or nothing for all.
    #[param(minimum = 0, default = 0, nullable = false)]
    after: Option<i64>,
    /// The most items to return.
    #[param(minimum = 1, maximum = 500, default = 500, nullable = false)]
    limit: Option<u64>,
}

/// A post as events tell of it, times in epoch milliseconds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ExportedPost {
    /// The post.
    #[schema(minimum = 1)]
    pub(crate) id: i64,
    /// The version of its latest event.
    #[schema(minimum = 1)]
    pub(crate) seq: i64,
    /// What an event has as its data.
    #[serde(flatten)]
    pub(crate) data: PostData,
}

/// What an event says of a post.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PostData {
    /// The account that wrote it.
    #[schema(minimum = 1)]
    pub(crate) author_id: i64,
    /// What it says.
    pub(crate) text: String,
    /// All tags.
    pub(crate) tags: Vec<String>,
    /// Its pictures, in their order.
    pub(crate) media: Vec<Media>,
    /// How many accounts like it.
    pub(crate) like_count: i64,
    /// How many comments it has.
    pub(crate) comment_count: i64,
    /// When it was written.
    #[schema(example = 1_735_689_600_000_i64)]
    pub(crate) created_at: i64,
    /// When it was last edited.
    #[schema(example = 1_735_689_600_000_i64)]
    pub(crate) updated_at: i64,
    /// Counts the edits.
    pub(crate) version: i64,
}

impl PostData {
    pub(crate) fn new(post: &post::Model, media: Vec<Media>) -> Self {
        Self {
            author_id: post.author_id,
            text: post.text.clone(),
            tags: tags_of(post),
            media,
            like_count: post.like_count,
            comment_count: post.comment_count,
            created_at: post.created_at,
            updated_at: post.updated_at,
            version: post.version,
        }
    }
}

/// Posts after a point.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PostExport {
    /// By id.
    pub(crate) items: Vec<ExportedPost>,
    /// What to ask for next: the last id of this answer, or `after` if it is empty.
    #[schema(example = 42, minimum = 0)]
    pub(crate) next_after: i64,
}

impl PostExport {
    pub(crate) fn of(rows: Vec<(post::Model, Vec<Media>)>, after: i64) -> Self {
        let next_after = rows.last().map_or(after, |(last, _)| last.id);
        let item = |(post, media): (post::Model, Vec<Media>)| {
            let (id, seq) = (post.id, post.seq);
            ExportedPost { id, seq, data: PostData::new(&post, media) }
        };
        Self { items: rows.into_iter().map(item).collect(), next_after }
    }
}

/// Export all posts
///
/// For whoever keeps a copy and wants to make it anew, or to compare it.
#[utoipa::path(
    get,
    path = "/internal/posts-export",
    tag = "Internal",
    params(ExportPosts),
    extensions(("x-internal" = json!(true))),
    responses(
        (status = 200, description = "The posts after `after`.", body = PostExport),
        (status = 400, description = "`invalid_parameter`: a parameter is out of range."),
    )
)]
pub(crate) async fn export_posts(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<ExportPosts>,
) -> Result<Json<PostExport>, Error> {
    access::check(Action::Internal, &caller, &[])?;
    let (after, limit) = parameters::export(query.after, query.limit, MOST)?;
    let db = service.db.reader();
    let rows = post::Entity::find()
        .filter(post::COLUMN.id.gt(after))
        .order_by_asc(post::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    let rows = with_media(db, rows).await?;
    Ok(Json(PostExport::of(rows, after)))
}
