//! The same promises on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use database::{Database, Engine, Kind, OpenError, Options, sqlite_url, violation};
use sea_orm::{ConnectionTrait, DbErr};
use testkit::postgres::Postgres;

/// Runs a scenario on a database of each engine. Without `TEST_POSTGRES_URL` it fails, unless `SKIP_POSTGRES=1`.
async fn on_both(scenario: impl AsyncFn(Database)) {
    let directory = tempfile::tempdir().unwrap();
    let url = sqlite_url(&directory.path().join("with space, ? # % and ü.db"));
    scenario(open(&url).await).await;
    if let Some(postgres) = Postgres::create().await {
        scenario(open(&postgres.url()).await).await;
    }
}

/// An open database with the table that the tests use.
async fn open(url: &str) -> Database {
    let db = Database::open(url, Options::default()).await.unwrap();
    let table = "CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT NOT NULL, size BIGINT, \
                 CONSTRAINT things_name_key UNIQUE (name), CONSTRAINT things_size_check CHECK (size >= 0))";
    write(&db, table).await.unwrap();
    db
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
    on_both(async |db| {
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
    })
    .await;
}

#[tokio::test]
async fn concurrent_read_then_write_transactions_all_succeed() {
    on_both(async |db| {
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
    })
    .await;
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_behind() {
    on_both(async |db| {
        let unfinished = db.write().await.unwrap();
        unfinished.execute_unprepared("INSERT INTO things VALUES (1, 'a', 1)").await.unwrap();
        drop(unfinished);
        write(&db, "INSERT INTO things VALUES (2, 'b', 1)").await.unwrap();
        assert_eq!(count(&db).await, 1);
        db.ping().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn sqlite_is_durable_and_its_readers_cannot_write() {
    let directory = tempfile::tempdir().unwrap();
    let db = open(&sqlite_url(&directory.path().join("durable.db"))).await;
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

#[tokio::test]
async fn an_encrypted_connection_can_be_required() {
    let Some(server) = Postgres::server() else { return };
    // A server without encryption is refused for that reason, not because this side could not have encrypted.
    match Database::open(&format!("{server}?sslmode=require"), Options::default()).await {
        Ok(db) => db.ping().await.unwrap(),
        Err(error) => assert!(error.to_string().contains("server does not support TLS"), "{error}"),
    }
}
