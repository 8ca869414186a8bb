//! `GET /posts`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use principal::Principal;
use problem::{Code, Invalid as _, Problem, Query};
use sea_orm::{
    EntityTrait as _, ExprTrait as _, JoinType, QueryFilter as _, QuerySelect as _, RelationDef, Select,
    sea_query::Expr,
};
use serde::Deserialize;
use service::{
    clock::from_rfc3339,
    page::{Page, PageParameters, Window, number},
};
use utoipa::IntoParams;

use super::{Post, with_media};
use crate::{
    Service,
    access::{self, Action},
    blocks,
    domain::Tag,
    entity::{post, post_tag},
    error::Error,
    groups::{Group, of},
};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListPosts {
    /// Only posts by this account; 0 is nobody.
    #[param(minimum = 0, nullable = false)]
    author_id: Option<i64>,
    /// Only posts with this tag, in any case, without `#`.
    #[param(min_length = 1, max_length = 50, nullable = false)]
    tag: Option<String>,
    /// Only posts from this moment on (RFC 3339).
    #[param(format = DateTime, nullable = false)]
    since: Option<String>,
    /// Only posts from before this moment (RFC 3339).
    #[param(format = DateTime, nullable = false)]
    until: Option<String>,
    /// The most items to return.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<u64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// List posts
///
/// The newest first, in pages that stay stable while posts come and go.
#[utoipa::path(
    get,
    path = "/posts",
    tag = "Posts",
    params(ListPosts),
    responses(
        (status = 200, description = "A page of posts.", body = Page<Post>, headers(("Link" = String, description = "The next page."))),
        (status = 400, description = "`invalid_parameter` or `invalid_cursor`: a parameter is not valid."),
    )
)]
pub(crate) async fn list_posts(
    State(service): State<Service>,
    caller: Principal,
    Query(query): Query<ListPosts>,
) -> Result<Response, Error> {
    access::check(Action::Read, &caller, &[])?;
    let parameters = PageParameters { limit: query.limit, cursor: query.cursor.clone() };
    let filter = Filter::parse(query)?;
    let window = Window::new(&parameters, filter.name())?;
    let db = service.db.reader();
    let rows = with_media(db, filter.select(&caller, &window)?.all(db).await?).await?;
    let page =
        window.page(rows, |(post, _)| (post.created_at, post.id.to_string()), |(post, media)| Post::new(post, media));
    let list = filter.author.map_or(Group::Posts, Group::PostsOf);
    let mut pairs = vec![("limit", window.limit.to_string())];
    pairs.extend(filter.pairs);
    Ok((of::seen(list, &caller), page.respond(&pairs)).into_response())
}

/// Which posts are listed.
#[derive(Debug, Default)]
struct Filter {
    author: Option<i64>,
    tag: Option<Tag>,
    since: Option<i64>,
    until: Option<i64>,
    /// As they were asked for.
    pairs: Vec<(&'static str, String)>,
}

impl Filter {
    fn parse(query: ListPosts) -> Result<Self, Problem> {
        let refused = |name: &str, code: &str, message: &str| {
            Problem::new(Code::InvalidParameter).with_error(name, code, message)
        };
        let mut filter = Self { author: query.author_id, ..Self::default() };
        filter.pairs.extend(query.author_id.map(|id| ("author_id", id.to_string())));
        if let Some(text) = query.tag {
            let tag = Tag::parse(&text);
            let tag = tag.map_err(|mistake| refused("tag", mistake.code(), &mistake.to_string()))?;
            filter.pairs.push(("tag", tag.as_str().to_owned()));
            filter.tag = Some(tag);
        }
        for (name, text, moment) in
            [("since", query.since, &mut filter.since), ("until", query.until, &mut filter.until)]
        {
            let Some(text) = text else { continue };
            let read = from_rfc3339(&text);
            let read = read.ok_or_else(|| refused(name, "invalid_value", "A time as in 2025-01-01T00:00:00Z."))?;
            *moment = Some(read);
            filter.pairs.push((name, text));
        }
        Ok(filter)
    }

    /// What its cursors are bound to.
    fn name(&self) -> String {
        let Self { author, tag, since, until, .. } = self;
        format!("posts author={author:?} tag={tag:?} since={since:?} until={until:?}")
    }

    /// The rows of a page and one more. A list by tag is read from the index of tags, any other from one of posts; every comparison is
    /// one of what is ordered by, so that it is read from where the page begins to where it ends.
    fn select(&self, caller: &Principal, window: &Window) -> Result<Select<post::Entity>, Problem> {
        let mut posts = post::Entity::find();
        let (moment, id) = if let Some(tag) = &self.tag {
            posts = posts.join(JoinType::InnerJoin, tagged());
            posts = posts.filter(Expr::col((post_tag::Entity, post_tag::Column::Tag)).eq(tag.as_str()));
            let column = |column| Expr::col((post_tag::Entity, column));
            (column(post_tag::Column::CreatedAt), column(post_tag::Column::PostId))
        } else {
            let column = |column| Expr::col((post::Entity, column));
            (column(post::Column::CreatedAt), column(post::Column::Id))
        };
        let author = Expr::col((post::Entity, post::Column::AuthorId));
        posts = posts.filter(blocks::unhidden(&author, caller));
        if let Some(id) = self.author {
            posts = posts.filter(author.eq(id));
        }
        if let Some(since) = self.since {
            posts = posts.filter(moment.clone().gte(since));
        }
        if let Some(until) = self.until {
            posts = posts.filter(moment.clone().lt(until));
        }
        window.newest(posts, (moment, id), number)
    }
}

/// The tags of a post.
fn tagged() -> RelationDef {
    post::Entity::belongs_to(post_tag::Entity).from(post::Column::Id).to(post_tag::Column::PostId).into()
}

#[cfg(test)]
#[path = "list/tests.rs"]
mod tests;
