//! The benchmark `scale` with few posts: what it makes is the same on both engines and has the pages that it reads.

#[allow(dead_code, reason = "the benchmark reads more")]
#[path = "../../benches/scale/reading.rs"]
mod reading;
#[path = "../../benches/scale/world.rs"]
mod world;
#[allow(dead_code, reason = "the benchmark prints more")]
#[path = "../../benches/scale/writing.rs"]
mod writing;

use database::Engine;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::Value;

use reading::{CASES, Reader};
use world::World;

/// So few that somebody has fifty pages all the same.
const POSTS: i64 = 10_000;

fn ids(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|post| post["id"].as_i64().unwrap()).collect()
}

/// What an account should see from a place on, by the words of the promise.
async fn seen(world: &World, viewer: i64, from: i64) -> Vec<i64> {
    let query = format!(
        "SELECT p.id FROM posts p WHERE p.author_id = {viewer} OR p.author_id IN (SELECT followed_id FROM follows \
         WHERE follower_id = {viewer}) ORDER BY p.created_at DESC LIMIT 20 OFFSET {from}"
    );
    let db = world.service.db.reader();
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), query)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "id").unwrap()).collect()
}

async fn pages_are_what_they_should_be(engine: Engine) {
    let Some(world) = World::make(engine, POSTS).await else { return };
    let rows = [world.service.count("follows").await, world.service.count("timeline").await];
    assert_eq!((rows, world.service.count("read_authors").await), ([5835, 203_765], 1));
    let reader = Reader::new(&world, 2).await;
    for reading::Viewer { id, home, .. } in &reader.viewers {
        let viewer = *id;
        assert_eq!(ids(&reader.page("/home", viewer).await), seen(&world, viewer, 0).await);
        assert_eq!(ids(&reader.page(home, viewer).await), seen(&world, viewer, 980).await);
    }
    for case in 0..CASES.len() {
        assert!(reader.read(case, 3).await.percentile(99) > 0.0);
    }
    let followers = "SELECT count(*) AS n FROM follows WHERE followed_id BETWEEN 2 AND 9";
    let expected = 2 * (8 + world.service.number(followers).await);
    assert_eq!(writing::fan_out(&world, 16).await.rows, expected);
    world.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_the_benchmark_reads_what_it_should() {
    pages_are_what_they_should_be(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_the_benchmark_reads_what_it_should() {
    pages_are_what_they_should_be(Engine::Postgres).await;
}
