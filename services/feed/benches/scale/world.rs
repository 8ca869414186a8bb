//! A database of a thousand accounts and many posts, the same every time, made by a few statements.
//!
//! Few accounts write most of the posts, and few have most of the followers: the number of an account is the cube of a number that is
//! spread evenly. The first is followed by about half of all, and has its posts looked for when a timeline is read.

use bus::Bus;
use database::{Database, Engine};
use feed::Config;
use migration::Schema;
use sea_orm::{ConnectionTrait as _, Statement};
use testkit::{
    alone::{self, Alone},
    postgres::Postgres,
};

pub(crate) const USERS: i64 = 1000;
/// Whom each account follows; some of them twice, which counts once.
const FOLLOWS: i64 = 6;
/// Authors with so many followers are not put into timelines: of a thousand accounts nobody would have the usual thousand.
const FANOUT_MOST: u64 = 300;

/// When the posts began; one was made each second.
pub(crate) const BEGIN: i64 = 1_735_689_600_000;

/// A service over such a database.
pub(crate) struct World {
    pub(crate) service: Alone,
    pub(crate) posts: i64,
    /// Gone when this is dropped.
    _kept: Kept,
}

enum Kept {
    File(#[allow(dead_code, reason = "held until the end")] tempfile::TempDir),
    Server(#[allow(dead_code, reason = "held until the end")] Postgres),
}

impl World {
    /// Makes it; `None` where the tests leave PostgreSQL out.
    pub(crate) async fn make(engine: Engine, posts: i64) -> Option<Self> {
        let (db, kept) = match engine {
            Engine::Sqlite => {
                let (db, directory) = alone::sqlite(Schema::Feed).await;
                (db, Kept::File(directory))
            }
            Engine::Postgres => {
                let (db, server) = alone::postgres(Schema::Feed).await?;
                (db, Kept::Server(server))
            }
        };
        fill(&db, posts).await;
        let config = Config { fanout_most: FANOUT_MOST, ..Config::default() };
        let service = Alone::new("feed", db, Bus::in_process(), &feed::openapi(), |parts| feed::app(config, parts));
        Some(Self { service, posts, _kept: kept })
    }
}

/// Spread evenly over 0 to 999, the same number for the same expression.
fn spread(of: &str) -> String {
    format!("((({of}) * 2654435761 + 97) % 4294967296 / 65536 % 1000)")
}

/// The number of an account; low numbers are far more frequent.
fn account(of: &str) -> String {
    let even = spread(of);
    format!("(1 + {even} * {even} * {even} / 1000000)")
}

fn statements(posts: i64) -> Vec<String> {
    let series =
        |most: i64| format!("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {most})");
    let (author, followed) = (account("CAST(i AS BIGINT)"), account("CAST(i AS BIGINT) * 7919"));
    let (tag, blocked) = (spread("CAST(i AS BIGINT) * 31"), spread("CAST(i AS BIGINT) * 104729"));
    vec![
        format!(
            "INSERT INTO authors (id, username, display_name, search_name, avatar, is_active, deleted, version) {} \
             SELECT i, 'user' || i, 'User ' || i, 'user ' || i, NULL, TRUE, FALSE, 1 FROM s",
            series(USERS)
        ),
        format!(
            "INSERT INTO follows (id, follower_id, followed_id, active, since, version) {} \
             SELECT min(i), (i - 1) % {USERS} + 1, {followed}, TRUE, 0, 1 FROM s \
             WHERE {followed} <> (i - 1) % {USERS} + 1 GROUP BY (i - 1) % {USERS} + 1, {followed}",
            series(USERS * FOLLOWS)
        ),
        format!(
            "INSERT INTO blocks (id, blocker_id, blocked_id, active, version) {} SELECT i, i, {blocked} + 1, TRUE, 1 FROM s \
             WHERE {blocked} + 1 <> i AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.follower_id IN (i, {blocked} + 1) \
             AND f.followed_id IN (i, {blocked} + 1))",
            series(USERS)
        ),
        format!(
            "INSERT INTO posts (id, author_id, text, tags, media, like_count, comment_count, created_at, updated_at, version, seq, \
             deleted) {} SELECT i, {author}, 'What I wanted to say is this, for the time number ' || i || '. #tag' || {tag}, \
             '[\"tag' || {tag} || '\"]', '[]', i % 7, i % 3, {BEGIN} + CAST(i AS BIGINT) * 1000, \
             {BEGIN} + CAST(i AS BIGINT) * 1000, 1, 1, FALSE FROM s",
            series(posts)
        ),
        format!(
            "INSERT INTO post_tags (tag, created_at, post_id) SELECT 'tag' || {}, p.created_at, p.id FROM posts p",
            spread("p.id * 31")
        ),
        "INSERT INTO tags (tag, posts_count) SELECT tag, count(*) FROM post_tags GROUP BY tag".to_owned(),
        format!(
            "INSERT INTO read_authors (author_id) SELECT followed_id FROM follows GROUP BY followed_id \
             HAVING count(*) >= {FANOUT_MOST}"
        ),
        "INSERT INTO timeline (user_id, created_at, post_id, author_id) \
         SELECT u.viewer, p.created_at, p.id, p.author_id FROM (SELECT follower_id AS viewer, followed_id AS author FROM follows \
         WHERE followed_id NOT IN (SELECT author_id FROM read_authors) UNION ALL SELECT id, id FROM authors) AS u \
         JOIN posts p ON p.author_id = u.author ORDER BY u.viewer, p.created_at, p.id"
            .to_owned(),
    ]
}

async fn fill(db: &Database, posts: i64) {
    let indexes = indexes(db).await;
    let transaction = db.write().await.unwrap();
    // They are made again at the end, which takes a fraction of the time.
    for (name, _) in &indexes {
        transaction.execute_unprepared(&format!("DROP INDEX {name}")).await.unwrap();
    }
    for statement in statements(posts) {
        transaction.execute_unprepared(&statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    for (_, statement) in &indexes {
        transaction.execute_unprepared(statement).await.unwrap();
    }
    transaction.commit().await.unwrap();
    // What the server does by itself after a while.
    if db.engine() == Engine::Postgres {
        db.reader().execute_unprepared("VACUUM ANALYZE").await.unwrap();
    }
}

/// The indexes of timelines beside the key: name, and how they are made.
async fn indexes(db: &Database) -> Vec<(String, String)> {
    let query = match db.engine() {
        Engine::Sqlite => {
            "SELECT name, sql AS made FROM sqlite_master WHERE type = 'index' AND tbl_name = 'timeline' AND sql IS NOT NULL"
        }
        Engine::Postgres => {
            "SELECT CAST(indexname AS TEXT) AS name, indexdef AS made FROM pg_indexes \
             WHERE tablename = 'timeline' AND indexname <> 'timeline_pkey'"
        }
    };
    let query = Statement::from_string(db.reader().get_database_backend(), query);
    let rows = db.reader().query_all_raw(query).await.unwrap();
    rows.iter().map(|row| (row.try_get("", "name").unwrap(), row.try_get("", "made").unwrap())).collect()
}
