//! What the pages of followers cost: an index that has them in their order.

use sea_orm::{ConnectionTrait as _, Statement};

use crate::harness::{Service, on_both_engines};

/// One account among two thousand that follows nearly all others and is followed by them; the engine knows its numbers.
async fn crowd(service: &Service) {
    let db = service.db.write().await.unwrap();
    let postgres = db.get_database_backend() == sea_orm::DbBackend::Postgres;
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)";
    let (yes, no) = if postgres { ("true", "false") } else { ("1", "0") };
    let users = format!(
        "{numbers} INSERT INTO users (username, display_name, first_name, last_name, description, status, search, is_admin, \
         is_seller, is_active, followers_count, following_count, joined_at, version) \
         SELECT 'u' || i, 'u', '', '', '', '', 'u', {no}, {no}, {yes}, 0, 0, i, 1 FROM n"
    );
    let follows = |follower: &str, followed: &str| {
        format!(
            "{numbers} INSERT INTO follows (follower_id, followed_id, is_active, since, version) \
             SELECT {follower}, {followed}, {yes}, n.i, 1 FROM n, (SELECT 3 AS i) few WHERE n.i > 10"
        )
    };
    for statement in [users, follows("n.i", "few.i"), follows("few.i", "n.i"), "ANALYZE".to_owned()] {
        db.execute_unprepared(&statement).await.unwrap();
    }
    db.commit().await.unwrap();
}

async fn plan(service: &Service, query: &str) -> String {
    let reader = service.db.reader();
    let backend = reader.get_database_backend();
    let (explain, column) = match backend {
        sea_orm::DbBackend::Postgres => ("EXPLAIN ", "QUERY PLAN"),
        _ => ("EXPLAIN QUERY PLAN ", "detail"),
    };
    let rows = reader.query_all_raw(Statement::from_string(backend, format!("{explain}{query}"))).await.unwrap();
    rows.iter().map(|row| row.try_get::<String>("", column).unwrap() + "\n").collect()
}

on_both_engines! {
    async fn pages_of_followers_come_from_an_index_in_their_order(service) {
        crowd(&service).await;
        for (whose, index) in [("followed_id", "follows_followed_idx"), ("follower_id", "follows_follower_idx")] {
            let query = format!(
                "SELECT * FROM follows WHERE {whose} = 3 AND is_active = true AND (since, id) < (900, 9000) \
                 ORDER BY since DESC, id DESC LIMIT 21"
            );
            let plan = plan(&service, &query).await;
            assert!(plan.contains(index), "{plan}");
            assert!(!plan.to_lowercase().contains("sort") && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
