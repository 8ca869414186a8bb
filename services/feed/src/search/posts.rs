//! `GET /search/posts`

use axum::extract::State;
use principal::Principal;
use problem::{Json, Query};
use serde::{Deserialize, Serialize};
use service::groups::Of;
use utoipa::{IntoParams, ToSchema};

use super::{
    engine,
    found::Part,
    words::{looked_for, terms},
};
use crate::{
    Service,
    error::Error,
    groups,
    post::{Post, Row},
    public::{Filter, name, newest, select},
};

/// What posts are looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchPosts {
    /// Words that a post has, the last as the beginning of one: in its text, tags, or the descriptions of its pictures.
    #[param(nullable = false, max_length = 200)]
    q: Option<String>,
    /// Only posts with this tag.
    #[param(nullable = false)]
    tag: Option<String>,
    /// Only posts of this account, by its username.
    #[param(nullable = false)]
    user: Option<String>,
    /// The most items to return.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<u64>,
    /// So many are left out.
    #[param(minimum = 0, maximum = 10000, default = 0, nullable = false)]
    offset: Option<u64>,
}

/// Posts that were found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FoundPosts {
    /// The newest first.
    pub(crate) items: Vec<Post>,
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    /// Whether there are more.
    pub(crate) has_more: bool,
}

/// Search posts
///
/// Posts that have all words of `q`, newest first. Every character counts as itself; where there is no word, and nothing else to go
/// by, nothing is found.
#[utoipa::path(
    get,
    path = "/search/posts",
    tag = "Search",
    params(SearchPosts),
    responses(
        (status = 200, description = "What was found.", body = FoundPosts),
        (status = 400, description = "`invalid_parameter`"),
    )
)]
pub(crate) async fn search_posts(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<SearchPosts>,
) -> Result<(Of, Json<FoundPosts>), Error> {
    let q = looked_for(query.q.as_deref())?;
    let part = Part::new(query.limit, query.offset)?;
    let filter = Filter {
        tag: query.tag.as_deref().map(name),
        author: query.user.as_deref().map(name),
        words: terms(&q),
        viewer: caller.user_id(),
    };
    let is_wordless = filter.words.is_empty() && (!q.is_empty() || (filter.tag.is_none() && filter.author.is_none()));
    let mut rows: Vec<Row> = if is_wordless {
        Vec::new()
    } else {
        let db = service.db.reader();
        let sql = newest(select(&filter, &engine(db)), &filter).bind(part.limit + 1);
        sql.add(" OFFSET ").bind(part.offset).all(db).await?
    };
    let has_more = part.cut(&mut rows);
    let items = rows.into_iter().map(Post::from).collect();
    Ok((groups::public(&caller), Json(FoundPosts { items, limit: part.limit, offset: part.offset, has_more })))
}
