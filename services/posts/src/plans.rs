//! How the databases read lists: for the tests of the slices that list.
#![allow(clippy::unwrap_used)]

use database::Database;
use migration::Schema;
use principal::Principal;
use sea_orm::{ConnectionTrait as _, DbBackend, QueryTrait, Statement};
use service::page::{PageParameters, Window};
use testkit::alone;

/// Runs a test on a database of each engine, with some thousand rows in every table.
pub(crate) async fn on_both(test: impl AsyncFn(Database)) {
    let (db, directory) = alone::sqlite(Schema::Posts).await;
    fill(&db).await;
    test(db.clone()).await;
    db.close().await;
    drop(directory);
    if let Some((db, _postgres)) = alone::postgres(Schema::Posts).await {
        fill(&db).await;
        test(db.clone()).await;
        db.close().await;
    }
}

/// 20,000 posts of some length, a fiftieth of them by account 8, each with one of 20 tags; one post has 4,000 comments and likes, another
/// has the rest.
async fn fill(db: &Database) {
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)";
    let statements = [
        "INSERT INTO posts (id, author_id, text, given_tags, tags, like_count, comment_count, created_at, updated_at, version, seq) \
         SELECT i, CASE WHEN i % 50 = 0 THEN 8 ELSE i % 500 + 1 END, '{text}', '[]', '[]', 0, 0, 1000 + i, 1000 + i, 1, 1 FROM n",
        "INSERT INTO post_tags (tag, created_at, post_id) SELECT 't' || (i % 20), 1000 + i, i FROM n",
        "INSERT INTO comments (id, post_id, author_id, text, created_at, updated_at, version) \
         SELECT i, CASE WHEN i > 4000 THEN 2 ELSE 1 END, i % 50 + 1, 'x', 1000 + i, 1000 + i, 1 FROM n",
        "INSERT INTO likes (post_id, user_id, created_at) SELECT CASE WHEN i > 4000 THEN 2 ELSE 1 END, i, 1000 + i FROM n",
        "INSERT INTO blocks (id, blocker_id, blocked_id, is_active, version) SELECT i, i % 100, i / 100, TRUE, 1 FROM n",
    ];
    let write = db.write().await.unwrap();
    let text = "Nobody reads this. ".repeat(10);
    for statement in statements {
        write.execute_unprepared(&format!("{numbers} {}", statement.replace("{text}", &text))).await.unwrap();
    }
    write.execute_unprepared("ANALYZE").await.unwrap();
    write.commit().await.unwrap();
}

/// The first page of a list, and one from its middle.
pub(crate) fn windows(list: &str) -> [Window; 2] {
    let parameters = PageParameters { limit: Some(20), cursor: None };
    let first = Window::new(&parameters, list.to_owned()).unwrap();
    let mut middle = first.clone();
    middle.after = Some((11_000, "10000".to_owned()));
    [first, middle]
}

/// Whoever looks: nobody in particular, and somebody with blocks.
pub(crate) fn viewers() -> [Principal; 2] {
    [Principal::anonymous(), Principal { sub: Some("7".to_owned()), ..Principal::anonymous() }]
}

/// Fails unless a list is read from this index, in its order: nothing is sorted, no table is read as a whole.
pub(crate) async fn assert_reads_from(db: &Database, index: &str, list: impl QueryTrait) {
    let backend = db.reader().get_database_backend();
    let (word, column, bad) = match backend {
        DbBackend::Postgres => ("EXPLAIN", "QUERY PLAN", ["Sort", "Seq Scan on posts", "Bitmap"]),
        _ => ("EXPLAIN QUERY PLAN", "detail", ["TEMP B-TREE", "SCAN comments", "SCAN likes"]),
    };
    let query = list.build(backend);
    let explain = Statement { sql: format!("{word} {}", query.sql), ..query };
    let rows = db.reader().query_all_raw(explain).await.unwrap();
    let plan: Vec<String> = rows.iter().map(|row| row.try_get("", column).unwrap()).collect();
    let plan = plan.join("\n");
    assert!(plan.contains(index), "{index} is not used:\n{plan}");
    assert!(bad.iter().all(|word| !plan.contains(word)), "{index}:\n{plan}");
}
