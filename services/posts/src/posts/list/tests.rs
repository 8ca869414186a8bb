#![allow(clippy::unwrap_used)]

use super::*;
use crate::plans::{assert_reads_from, on_both, viewers, windows};

#[tokio::test]
async fn every_list_is_read_from_its_index_from_where_a_page_begins() {
    on_both(async |db| {
        let tag = Some("t7".to_owned());
        let (since, until) = (Some("1970-01-01T00:00:06Z".to_owned()), Some("1970-01-01T00:00:16Z".to_owned()));
        for (query, index) in [
            (ListPosts::default(), "posts_created_at_id_idx"),
            (
                ListPosts { since: since.clone(), until: until.clone(), ..ListPosts::default() },
                "posts_created_at_id_idx",
            ),
            (ListPosts { author_id: Some(8), ..ListPosts::default() }, "posts_author_id_created_at_id_idx"),
            (ListPosts { author_id: Some(8), until, ..ListPosts::default() }, "posts_author_id_created_at_id_idx"),
            (ListPosts { tag: tag.clone(), ..ListPosts::default() }, tags_index(&db)),
            (ListPosts { tag, since, ..ListPosts::default() }, tags_index(&db)),
        ] {
            let filter = Filter::parse(query).unwrap();
            for (window, viewer) in windows("posts").iter().flat_map(|window| viewers().map(|viewer| (window, viewer)))
            {
                assert_reads_from(&db, index, filter.select(&viewer, window).unwrap()).await;
            }
        }
    })
    .await;
}

/// SQLite has a name of its own for a primary key.
fn tags_index(db: &database::Database) -> &'static str {
    match db.engine() {
        database::Engine::Sqlite => "sqlite_autoindex_post_tags_1",
        database::Engine::Postgres => "post_tags_pkey",
    }
}
