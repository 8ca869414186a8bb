//! The OpenAPI document of this service, and the examples in it.

use problem::{ProblemDocument, ProblemError};
use serde_json::Value;
use service::{Document, clock::rfc3339, page::Page};
use utoipa::openapi::OpenApi;

use crate::{
    avatars::Avatar,
    comments::Comment,
    entity::{comment, post},
    likes::{Like, Liked, PostViewer, PostViewers},
    media::{Focus, Media, Variant},
    posts::{AuthorCount, AuthorCounts, Post, PostBatch, PostExport},
    routes,
};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "posts",
        description = "Posts with their tags and pictures, comments and likes. Every request carries the assertion of the gateway about \
                       who the caller is; operations marked `x-internal` are for the gateway and other services.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "Posts", description = "What people write and show."),
        (name = "Media", description = "Pictures of posts and accounts, and their files."),
        (name = "Comments", description = "What people say about posts."),
        (name = "Likes", description = "Who likes which post."),
        (name = "Internal", description = "For the gateway and other services only."),
    ),
    components(schemas(ProblemDocument, ProblemError)),
)]
pub(crate) struct Head;

/// The document of this service.
#[must_use]
pub fn openapi() -> OpenApi {
    let about = Document {
        pages: &[
            ("Page_Post", "PostPage", "Post"),
            ("Page_Comment", "CommentPage", "Comment"),
            ("Page_Like", "LikePage", "Like"),
        ],
        example,
        // Whoever exports wants what is there now; a file never changes.
        unstored: &["export_posts", "show_file"],
        overloaded: "`overloaded`: the database or the store of pictures is not available, or too much is being uploaded.",
    };
    about.complete(routes::operations().1)
}

/// Examples are values of the very types that are answered, so they cannot be out of date.
fn example(schema: &str) -> Option<Value> {
    let json = match schema {
        "Post" => serde_json::to_value(post()),
        "Page_Post" => serde_json::to_value(page(post())),
        "Comment" => serde_json::to_value(comment()),
        "Page_Comment" => serde_json::to_value(page(comment())),
        "Media" => serde_json::to_value(media()),
        "Avatar" => serde_json::to_value(Avatar { avatar: format!("/media/{HASH}/240.jpg") }),
        "Liked" => serde_json::to_value(Liked { post_id: 42, liked: true, like_count: 3 }),
        "Page_Like" => serde_json::to_value(page(Like { user_id: 8, created_at: rfc3339(CREATED_AT) })),
        "PostViewers" => serde_json::to_value(PostViewers { items: vec![PostViewer { id: 42, liked: true }] }),
        "PostBatch" => serde_json::to_value(PostBatch { items: vec![post()] }),
        "AuthorCounts" => serde_json::to_value(AuthorCounts { items: vec![AuthorCount { id: 7, posts_count: 12 }] }),
        "PostExport" => serde_json::to_value(PostExport::of(vec![(row(), vec![media()])], 0)),
        _ => return None,
    };
    json.ok()
}

const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const CREATED_AT: i64 = 1_735_689_600_000;

fn row() -> post::Model {
    post::Model {
        id: 42,
        author_id: 7,
        text: "The old bridge, at last. #bridges".to_owned(),
        given_tags: r#"["budapest"]"#.to_owned(),
        tags: r#"["budapest", "bridges"]"#.to_owned(),
        like_count: 3,
        comment_count: 1,
        created_at: CREATED_AT,
        updated_at: CREATED_AT + 60_000,
        version: 2,
        seq: 6,
    }
}

fn post() -> Post {
    Post::new(row(), vec![media()])
}

fn comment() -> Comment {
    let text = "It was closed for years.".to_owned();
    let (created_at, updated_at) = (CREATED_AT + 120_000, CREATED_AT + 120_000);
    comment::Model { id: 5, post_id: 42, author_id: 8, text, created_at, updated_at, version: 1 }.into()
}

fn media() -> Media {
    let variant = |height, width, name| Variant { height, width, url: format!("/media/{HASH}/{name}.jpg") };
    Media {
        id: 3,
        alt: "A chain bridge in the morning".to_owned(),
        width: 1080,
        height: 720,
        placeholder: "3OcRJYB4d3h/iIeHeEh3eIhw+j2w".to_owned(),
        focus: Some(Focus { x: 0.5, y: 0.4 }),
        variants: vec![
            variant(144, 216, "144"),
            variant(240, 360, "240"),
            variant(720, 1080, "720"),
            variant(720, 1080, "original"),
        ],
    }
}

fn page<T>(item: T) -> Page<T> {
    let cursor = "AAABlB_fEAA3Q2FudCByZWFkIHRoaXM".to_owned();
    Page { items: vec![item], next_cursor: Some(cursor), has_more: true, total: None }
}
