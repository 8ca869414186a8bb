//! Every list is read in the order of an index, however many rows there are: nothing is sorted, no table is read as a whole.
#![allow(clippy::unwrap_used)]

use database::{Database, Engine};
use migration::Schema;
use problem::Problem;
use sea_orm::ConnectionTrait as _;
use service::page::{PageParameters, Window};
use testkit::alone;

use crate::{
    home::{self, Followed, Place, Side},
    public::{Filter, listed},
    search,
    sql::Sql,
    tags,
};

/// A question, and the index that answers it.
fn questions(index: &search::Index) -> Vec<(Sql, &'static str)> {
    let filter = |tag: Option<&str>, author: Option<&str>| Filter {
        tag: tag.map(str::to_owned),
        author: author.map(str::to_owned),
        words: Vec::new(),
        viewer: Some(7),
    };
    let after = Some((1, 2));
    let side = Side::Older(Place { created_at: 1, post_id: 2 });
    let newer = Side::Newer(Place { created_at: 1, post_id: 2 });
    let author = Followed { author_id: 1, since: 0 };
    vec![
        (listed(&filter(None, None), index, after, 21), "posts_created_at_id_idx"),
        (listed(&filter(None, None), index, None, 21), "posts_created_at_id_idx"),
        (listed(&filter(Some("a"), None), index, after, 21), "post_tags_pkey"),
        (listed(&filter(None, Some("ada")), index, after, 21), "posts_author_id_created_at_id_idx"),
        (home::stored(7, side, 21), "timeline_pkey"),
        (home::stored(7, newer, 100), "timeline_pkey"),
        (home::written(&[author], 0, side, 21), "posts_author_id_created_at_id_idx"),
        (tags::list(&window().unwrap()), "tags_posts_count_tag_idx"),
    ]
}

fn window() -> Result<Window, Problem> {
    let first = Window::new(&PageParameters::default(), "tags".to_owned())?;
    let cursor = first.cursor(&(3, "a".to_owned()));
    Window::new(&PageParameters { limit: None, cursor: Some(cursor) }, "tags".to_owned())
}

async fn every_list_is_read_in_the_order_of_its_index(db: Database) {
    let transaction = db.write().await.unwrap();
    if db.engine() == Engine::Postgres {
        // There are no rows, for which any plan is as good as another.
        for other in ["seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"] {
            transaction.execute_unprepared(&format!("SET LOCAL enable_{other} = off")).await.unwrap();
        }
    }
    for (question, index) in questions(&search::engine(&transaction)) {
        let asked = format!("{question:?}");
        let plan = question.plan(&transaction).await.unwrap();
        // SQLite does not name the index of a key by the name of the key.
        let by_key = index.strip_suffix("_pkey").map(|table| format!("sqlite_autoindex_{table}_1"));
        let is_used = plan.contains(index) || by_key.is_some_and(|by_key| plan.contains(&by_key));
        assert!(is_used, "{asked}\n{plan}");
        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{asked}\n{plan}");
    }
}

#[tokio::test]
async fn sqlite() {
    let (db, _directory) = alone::sqlite(Schema::Feed).await;
    every_list_is_read_in_the_order_of_its_index(db).await;
}

#[tokio::test]
async fn postgres() {
    let Some((db, _postgres)) = alone::postgres(Schema::Feed).await else { return };
    every_list_is_read_in_the_order_of_its_index(db).await;
}
