//! Migrating on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use database::{Database, Options, sqlite_url};
use migration::{Error, Schema, status, up};
use sea_orm_migration::sea_orm::{ConnectionTrait, Statement};
use testkit::postgres::Postgres;

/// Runs a scenario on a database of each engine. Without `TEST_POSTGRES_URL` it fails, unless `SKIP_POSTGRES=1`.
async fn on_both(scenario: impl AsyncFn(Database)) {
    let directory = tempfile::tempdir().unwrap();
    let url = sqlite_url(&directory.path().join("users.db"));
    scenario(open(&url).await).await;
    if let Some(postgres) = Postgres::create().await {
        scenario(open(&postgres.url()).await).await;
    }
}

async fn open(url: &str) -> Database {
    Database::open(url, Options { connections: 8, ..Options::default() }).await.unwrap()
}

async fn count(db: &Database, table: &str) -> i64 {
    let backend = db.reader().get_database_backend();
    let sql = Statement::from_string(backend, format!("SELECT count(*) AS n FROM {table}"));
    db.reader().query_one_raw(sql).await.unwrap().unwrap().try_get("", "n").unwrap()
}

#[tokio::test]
async fn a_second_run_finds_nothing_to_do() {
    on_both(async |db| {
        let before = status(Schema::Users, &db).await.unwrap();
        assert!(!before.is_empty() && before.iter().all(|step| !step.applied));
        assert_eq!(up(Schema::Users, &db).await.unwrap().len(), before.len());
        assert!(up(Schema::Users, &db).await.unwrap().is_empty());
        assert!(status(Schema::Users, &db).await.unwrap().iter().all(|step| step.applied));
        assert_eq!(count(&db, "users").await, 0);
    })
    .await;
}

#[tokio::test]
async fn of_several_processes_that_start_together_one_migrates() {
    on_both(async |db| {
        let racers: Vec<_> = (0..4)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { up(Schema::Users, &db).await })
            })
            .collect();
        let mut migrated = 0;
        for racer in racers {
            migrated += usize::from(!racer.await.unwrap().unwrap().is_empty());
        }
        assert_eq!(migrated, 1);
    })
    .await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    on_both(async |db| {
        let applied = i64::try_from(up(Schema::Users, &db).await.unwrap().len()).unwrap();
        let write = db.write().await.unwrap();
        let newer = "INSERT INTO users_migrations (version, applied_at) VALUES ('m99990101_000001_later', 0)";
        write.execute_unprepared(newer).await.unwrap();
        write.commit().await.unwrap();

        for error in [up(Schema::Users, &db).await.unwrap_err(), status(Schema::Users, &db).await.unwrap_err()] {
            assert!(matches!(error, Error::NewerSchema { .. }));
            assert!(error.to_string().contains("newer schema than this binary"), "{error}");
        }
        assert_eq!(count(&db, "users_migrations").await, applied + 1);
    })
    .await;
}
