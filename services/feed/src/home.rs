//! `GET /home`

pub(crate) mod new;

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use principal::SignedIn;
use problem::{Problem, Query};
use sea_orm::{DbErr, FromQueryResult};
use service::{
    clock::millis,
    page::{Page, PageParameters, Window},
};

use crate::{
    Service,
    error::Error,
    groups,
    post::{self, Post, unblocked},
    sql::Sql,
};

/// The name by which cursors know the list: one is as good for what is newer as for what is older.
const LIST: &str = "home";

/// So many authors whom many follow are asked in one statement.
const AT_ONCE: usize = 50;

/// Where a post is in a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, FromQueryResult)]
pub(crate) struct Place {
    pub(crate) created_at: i64,
    pub(crate) post_id: i64,
}

impl Place {
    /// Where a window begins.
    fn of(window: &Window) -> Result<Option<Self>, Problem> {
        let after = window.after_number()?;
        Ok(after.map(|(created_at, post_id)| Self { created_at, post_id }))
    }

    fn position(&self) -> (i64, String) {
        (self.created_at, self.post_id.to_string())
    }
}

/// Read the caller's timeline
///
/// The caller's posts and those of whom they follow, newest first.
#[utoipa::path(
    get,
    path = "/home",
    tag = "Feed",
    params(PageParameters),
    responses(
        (status = 200, description = "A page of posts.", body = Page<Post>),
        (status = 400, description = "`invalid_parameter` or `invalid_cursor`."),
    )
)]
pub(crate) async fn home_timeline(
    State(service): State<Service>,
    caller: SignedIn,
    Query(query): Query<PageParameters>,
) -> Result<Response, Error> {
    let window = Window::new(&query, LIST.to_owned())?;
    let places = places(&service, caller.user_id, Side::before(&window)?, window.limit + 1).await?;
    let page = window.page(places, Place::position, |place| place.post_id);
    let mut rows = post::by_id(&service, &page.items).await?;
    rows.sort_unstable_by_key(|row| std::cmp::Reverse((row.created_at, row.id)));
    // A post that has gone since its place was read makes the page shorter, and no more than that.
    let Page { items: _, next_cursor, has_more, total } = page;
    let page = Page { items: rows.into_iter().map(Post::from).collect(), next_cursor, has_more, total };
    Ok((groups::own(caller.user_id), page.respond(&[("limit", window.limit.to_string())])).into_response())
}

/// Which part of a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// All of it.
    Whole,
    /// What is older than this place.
    Older(Place),
    /// What is newer.
    Newer(Place),
}

impl Side {
    fn before(window: &Window) -> Result<Self, Problem> {
        Ok(Place::of(window)?.map_or(Self::Whole, Self::Older))
    }

    fn of(self, sql: Sql, columns: &str) -> Sql {
        let (compared, place) = match self {
            Self::Whole => return sql,
            Self::Older(place) => (" < (", place),
            Self::Newer(place) => (" > (", place),
        };
        let sql = sql.add(" AND ").add(columns).add(compared);
        sql.bind(place.created_at).add(", ").bind(place.post_id).add(")")
    }
}

/// The newest of somebody's timeline: what is stored of it, and what authors have written whose posts nobody stores.
pub(crate) async fn places(service: &Service, viewer: i64, side: Side, limit: u64) -> Result<Vec<Place>, DbErr> {
    let db = service.db.reader();
    let mut found: Vec<Place> = stored(viewer, side, limit).all(db).await?;
    let authors: Vec<Followed> = unstored(viewer).all(db).await?;
    let backfill = millis(service.config.backfill);
    for authors in authors.chunks(AT_ONCE) {
        found.extend(written(authors, backfill, side, limit).all::<Place>(db).await?);
    }
    found.sort_unstable_by(|one, other| other.cmp(one));
    // Whoever has more followers since the first of these was read would be in both.
    found.dedup();
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// What is stored of a timeline.
pub(crate) fn stored(viewer: i64, side: Side, limit: u64) -> Sql {
    let text = "SELECT t.created_at, t.post_id FROM timeline t JOIN authors a ON a.id = t.author_id \
                WHERE NOT a.deleted AND t.user_id = ";
    let sql = side.of(Sql::new(text).bind(viewer), "(t.created_at, t.post_id)");
    sql.add(" ORDER BY t.created_at DESC, t.post_id DESC LIMIT ").bind(limit)
}

/// Somebody whom the viewer follows, and since when.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(crate) struct Followed {
    pub(crate) author_id: i64,
    pub(crate) since: i64,
}

/// Whom the viewer follows of those whose posts are in nobody's timeline.
pub(crate) fn unstored(viewer: i64) -> Sql {
    let text = "SELECT f.followed_id AS author_id, f.since FROM follows f JOIN read_authors r ON r.author_id = f.followed_id \
                JOIN authors a ON a.id = f.followed_id WHERE f.active AND NOT a.deleted AND f.follower_id = ";
    let sql = Sql::new(text).bind(viewer).add(" AND f.followed_id <> ").bind(viewer);
    unblocked(sql, "f.followed_id", Some(viewer))
}

/// The newest posts of each of these authors.
pub(crate) fn written(authors: &[Followed], backfill: i64, side: Side, limit: u64) -> Sql {
    let mut sql = Sql::default();
    for (at, author) in authors.iter().enumerate() {
        let begin =
            "SELECT * FROM (SELECT p.created_at, p.id AS post_id FROM posts p WHERE NOT p.deleted AND p.author_id = ";
        sql = sql.add(if at == 0 { "" } else { " UNION ALL " }).add(begin).bind(author.author_id);
        sql = sql.add(" AND p.created_at >= ").bind(author.since.saturating_sub(backfill));
        sql = side.of(sql, "(p.created_at, p.id)");
        sql = sql.add(" ORDER BY p.created_at DESC, p.id DESC LIMIT ").bind(limit).add(&format!(") AS part{at}"));
    }
    sql
}
