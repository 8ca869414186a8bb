//! `GET /public`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use principal::Principal;
use problem::Query;
use serde::Deserialize;
use service::page::{PageParameters, Window};
use utoipa::IntoParams;

use crate::{
    Service,
    error::Error,
    groups,
    post::{COLUMNS, Post, Row, unblocked},
    search::{
        self,
        words::{looked_for, terms},
    },
    sql::Sql,
};

/// What of the public feed is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublicFeed {
    /// Only posts with this tag.
    #[param(nullable = false)]
    tag: Option<String>,
    /// Only posts of this account, by its username.
    #[param(nullable = false)]
    author: Option<String>,
    /// Only posts that have all of these words, the last as the beginning of one: in their text, tags, or the descriptions of
    /// pictures.
    #[param(nullable = false, max_length = 200)]
    q: Option<String>,
    /// The most items to return.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<u64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// Which posts.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    pub(crate) tag: Option<String>,
    pub(crate) author: Option<String>,
    /// Not empty: they have these words.
    pub(crate) words: Vec<String>,
    pub(crate) viewer: Option<i64>,
}

/// Read the public feed
///
/// Every post, newest first, or those that fit. A tag or an account that does not exist has no posts. Whoever is signed in finds
/// nothing of accounts with which there is a block.
#[utoipa::path(
    get,
    path = "/public",
    tag = "Feed",
    params(PublicFeed),
    responses(
        (status = 200, description = "A page of posts.", body = service::page::Page<Post>),
        (status = 400, description = "`invalid_parameter` or `invalid_cursor`."),
    )
)]
pub(crate) async fn public_feed(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<PublicFeed>,
) -> Result<Response, Error> {
    let q = looked_for(query.q.as_deref())?;
    let (tag, author) = (query.tag.as_deref().map(name), query.author.as_deref().map(name));
    let list = format!("public tag={tag:?} author={author:?} q={q:?}");
    let window = Window::new(&PageParameters { limit: query.limit, cursor: query.cursor }, list)?;
    let mut filters = vec![("limit", window.limit.to_string())];
    filters.extend(
        [("tag", &tag), ("author", &author)]
            .into_iter()
            .filter_map(|(key, value)| value.clone().map(|value| (key, value))),
    );
    filters.extend((!q.is_empty()).then(|| ("q", q.clone())));
    let words = terms(&q);
    let rows = if words.is_empty() && !q.is_empty() {
        // There is no word in what is looked for, so no post has it.
        Vec::new()
    } else {
        page(&service, &Filter { tag, author, words, viewer: caller.user_id() }, &window).await?
    };
    let page = window.page(rows, Row::position, Post::from);
    Ok((groups::public(&caller), page.respond(&filters)).into_response())
}

/// A tag or a username, as it is stored. A zero byte is in neither, and PostgreSQL would refuse it.
pub(crate) fn name(text: &str) -> String {
    text.to_lowercase().replace('\0', "\u{fffd}")
}

async fn page(service: &Service, filter: &Filter, window: &Window) -> Result<Vec<Row>, Error> {
    let db = service.db.reader();
    let after = window.after_number()?;
    Ok(listed(filter, &search::engine(db), after, window.limit + 1).all(db).await?)
}

/// The newest posts that fit, after a position.
pub(crate) fn listed(filter: &Filter, index: &search::Index, after: Option<(i64, i64)>, limit: u64) -> Sql {
    let mut sql = select(filter, index);
    if let Some(after) = after {
        sql = before(sql, filter, after);
    }
    newest(sql, filter).bind(limit)
}

/// The posts that fit. With a tag they are found in the order of its posts, otherwise in that of all, or of the author's.
pub(crate) fn select(filter: &Filter, index: &search::Index) -> Sql {
    let mut sql = Sql::new("SELECT ").add(COLUMNS).add(" FROM ");
    if filter.tag.is_some() {
        sql = sql.add("post_tags t JOIN posts p ON p.id = t.post_id");
    } else {
        sql = sql.add("posts p");
    }
    sql = sql.add(" JOIN authors a ON a.id = p.author_id WHERE NOT p.deleted AND NOT a.deleted");
    if let Some(tag) = &filter.tag {
        sql = sql.add(" AND t.tag = ").bind(tag.as_str());
    }
    if let Some(author) = &filter.author {
        sql = sql
            .add(" AND p.author_id = (SELECT id FROM authors WHERE NOT deleted AND username = ")
            .bind(author.as_str());
        sql = sql.add(" LIMIT 1)");
    }
    if !filter.words.is_empty() {
        sql = index.matching(sql.add(" AND "), "p.id", &filter.words);
    }
    unblocked(sql, "p.author_id", filter.viewer)
}

/// Goes on with those after a position: one comparison of pairs, so a post is on exactly one page, also among equal times.
fn before(sql: Sql, filter: &Filter, (created_at, id): (i64, i64)) -> Sql {
    let sql = sql.add(if filter.tag.is_some() {
        " AND (t.created_at, t.post_id) < ("
    } else {
        " AND (p.created_at, p.id) < ("
    });
    sql.bind(created_at).add(", ").bind(id).add(")")
}

/// Goes on with the order, up to the limit.
pub(crate) fn newest(sql: Sql, filter: &Filter) -> Sql {
    let tag = " ORDER BY t.created_at DESC, t.post_id DESC LIMIT ";
    sql.add(if filter.tag.is_some() { tag } else { " ORDER BY p.created_at DESC, p.id DESC LIMIT " })
}
