//! The OpenAPI document of this service, and the examples in it.

use problem::{ProblemDocument, ProblemError};
use serde_json::Value;
use service::{Document, clock::rfc3339, page::Page};
use utoipa::openapi::OpenApi;

use crate::{
    home::new::New,
    post::{Author, Post},
    routes,
    search::{
        people::{FoundTags, FoundUsers},
        posts::FoundPosts,
        suggestions::Suggestions,
    },
    tags::Tag,
};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "feed",
        description = "The public feed, timelines, tags and search: a read model of what the services `users` and `posts` have. \
                       Every request carries the assertion of the gateway about who the caller is.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "Feed", description = "Posts, newest first."),
        (name = "Search", description = "Posts by their words, accounts and tags by how they begin."),
        (name = "Tags", description = "What posts are about."),
    ),
    components(schemas(ProblemDocument, ProblemError)),
)]
pub(crate) struct Head;

/// The document of this service.
#[must_use]
pub fn openapi() -> OpenApi {
    let about = Document {
        pages: &[("Page_Post", "PostPage", "Post"), ("Page_Tag", "TagPage", "Tag")],
        example,
        unstored: &[],
        overloaded: "`overloaded`: the database is not available.",
    };
    about.complete(routes::operations().1)
}

/// Examples are values of the very types that are answered, so they cannot be out of date.
fn example(schema: &str) -> Option<Value> {
    let json = match schema {
        "Page_Post" => serde_json::to_value(page(post())),
        "Page_Tag" => serde_json::to_value(page(tag())),
        "Tag" => serde_json::to_value(tag()),
        "New" => serde_json::to_value(New { count: 3, cursor: CURSOR.to_owned() }),
        "FoundPosts" => serde_json::to_value(FoundPosts { items: vec![post()], limit: 20, offset: 0, has_more: false }),
        "FoundUsers" => {
            serde_json::to_value(FoundUsers { items: vec![author()], limit: 20, offset: 0, has_more: false })
        }
        "FoundTags" => serde_json::to_value(FoundTags { items: vec![tag()], limit: 20, offset: 0, has_more: false }),
        "Suggestions" => serde_json::to_value(Suggestions { users: vec![author()], tags: vec![tag()] }),
        _ => return None,
    };
    json.ok()
}

const CURSOR: &str = "AAABlB_fEAA3Q2FudCByZWFkIHRoaXM";
const CREATED_AT: i64 = 1_735_689_600_000;

fn page<T>(item: T) -> Page<T> {
    Page { items: vec![item], next_cursor: Some(CURSOR.to_owned()), has_more: true, total: None }
}

fn tag() -> Tag {
    Tag { tag: "engines".to_owned(), posts_count: 12 }
}

fn author() -> Author {
    Author { id: 7, username: "ada".to_owned(), display_name: "Ada Lovelace".to_owned(), avatar: None }
}

fn post() -> Post {
    Post {
        id: 42,
        text: "The first program is for a machine that is not built yet. #engines".to_owned(),
        tags: vec!["engines".to_owned()],
        media: Vec::new(),
        author: author(),
        like_count: 3,
        comment_count: 1,
        created_at: rfc3339(CREATED_AT),
        updated_at: rfc3339(CREATED_AT),
        version: 1,
    }
}
