//! The same promises on SQLite, and on PostgreSQL where `TEST_POSTGRES_URL` names a server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use database::{Database, Engine, Kind, OpenError, Options, sqlite_url, violation};
use sea_orm::{ConnectionTrait, DbErr};

struct Opened {
    db: Database,
    _directory: tempfile::TempDir,
}

/// One database of each engine, each with the table that the tests use.
async fn both(name: &str) -> Vec<Opened> {
    let directory = tempfile::tempdir().unwrap();
    let file = sqlite_url(&directory.path().join("with space, ? # % and ü.db"));
    let mut urls = vec![file];
    #[allow(clippy::disallowed_methods, reason = "a test reads where its server is; boot is not below this crate")]
    let server = std::env::var("TEST_POSTGRES_URL").ok();
    if let Some(server) = server {
        let admin = Database::open(&server, Options::default()).await.unwrap();
        let database = format!("database_{name}_{}", std::process::id());
        admin.reader().execute_unprepared(&format!("CREATE DATABASE {database}")).await.unwrap();
        admin.close().await;
        let (base, _) = server.rsplit_once('/').unwrap();
        urls.push(format!("{base}/{database}"));
    }
    let mut opened = Vec::new();
    for url in urls {
        let db = Database::open(&url, Options::default()).await.unwrap();
        let write = db.write().await.unwrap();
        let table = "CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT NOT NULL, size BIGINT, \
                     CONSTRAINT things_name_key UNIQUE (name), CONSTRAINT things_size_check CHECK (size >= 0))";
        write.execute_unprepared(table).await.unwrap();
        write.commit().await.unwrap();
        opened.push(Opened { db, _directory: tempfile::tempdir().unwrap() });
    }
    opened[0]._directory = directory;
    opened
}

async fn write(db: &Database, sql: &str) -> Result<(), DbErr> {
    let write = db.write().await?;
    write.execute_unprepared(sql).await?;
    write.commit().await
}

async fn count(db: &Database) -> i64 {
    let sql = sea_orm::Statement::from_string(db.reader().get_database_backend(), "SELECT count(*) AS n FROM things");
    db.reader().query_one_raw(sql).await.unwrap().unwrap().try_get("", "n").unwrap()
}

#[tokio::test]
async fn a_violation_has_the_same_name_on_both_engines() {
    for Opened { db, .. } in both("violation").await {
        write(&db, "INSERT INTO things VALUES (1, 'a', 1)").await.unwrap();
        for (sql, kind, name) in [
            ("INSERT INTO things VALUES (2, 'a', 1)", Kind::Unique, "things_name_key"),
            ("INSERT INTO things VALUES (2, 'b', -1)", Kind::Check, "things_size_check"),
        ] {
            let violation = violation(&write(&db, sql).await.unwrap_err()).unwrap();
            assert_eq!((violation.kind, violation.constraint.as_str()), (kind, name));
        }
        let error = write(&db, "INSERT INTO nothing VALUES (1)").await.unwrap_err();
        assert!(violation(&error).is_none() && !database::is_unavailable(&error));
        assert_eq!(count(&db).await, 1);
    }
}

#[tokio::test]
async fn concurrent_read_then_write_transactions_all_succeed() {
    for Opened { db, .. } in both("writers").await {
        let writers: Vec<_> = (0..16)
            .map(|id| {
                let db = db.clone();
                tokio::spawn(async move {
                    let write = db.write().await?;
                    write.execute_unprepared("SELECT count(*) FROM things").await?;
                    write.execute_unprepared(&format!("INSERT INTO things VALUES ({id}, 'n{id}', 0)")).await?;
                    write.commit().await
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap().unwrap();
        }
        assert_eq!(count(&db).await, 16);
    }
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_behind() {
    for Opened { db, .. } in both("dropped").await {
        let unfinished = db.write().await.unwrap();
        unfinished.execute_unprepared("INSERT INTO things VALUES (1, 'a', 1)").await.unwrap();
        drop(unfinished);
        write(&db, "INSERT INTO things VALUES (2, 'b', 1)").await.unwrap();
        assert_eq!(count(&db).await, 1);
        db.ping().await.unwrap();
    }
}

#[tokio::test]
async fn sqlite_is_durable_and_its_readers_cannot_write() {
    let opened = both("durable").await;
    let db = &opened[0].db;
    assert_eq!(db.engine(), Engine::Sqlite);
    assert!(db.reader().execute_unprepared("DELETE FROM things").await.is_err());
    let write = db.write().await.unwrap();
    for (pragma, column, value) in [
        ("synchronous", "synchronous", "2"),
        ("foreign_keys", "foreign_keys", "1"),
        ("busy_timeout", "timeout", "5000"),
        ("journal_mode", "journal_mode", "wal"),
    ] {
        let sql = format!("SELECT CAST({column} AS TEXT) AS v FROM pragma_{pragma}");
        let sql = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql);
        let found: String = write.query_one_raw(sql).await.unwrap().unwrap().try_get("", "v").unwrap();
        assert_eq!(found, value, "{pragma}");
    }
}

#[tokio::test]
async fn urls_that_cannot_work_are_refused_without_being_repeated() {
    for url in ["mysql://root:secret@localhost/x", "nonsense", "sqlite::memory:"] {
        let error = Database::open(url, Options::default()).await.unwrap_err();
        assert!(matches!(error, OpenError::Scheme | OpenError::InMemory));
        assert!(!error.to_string().contains("secret"));
    }
}
