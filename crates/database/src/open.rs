//! Opening a database, and the two ways to use it: read, or write in a transaction.

use std::{fmt::Write as _, path::Path, time::Duration};

use sea_orm::{
    ConnectOptions, ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait as _,
};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

/// How long a writer waits for another process that is writing to the same SQLite file.
const BUSY: Duration = Duration::from_secs(5);
/// Connections that were idle for longer are tested before they are used.
const TEST_AFTER_IDLE: Duration = Duration::from_secs(30);

/// What may differ between installations.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Most connections at a time: of the whole pool on PostgreSQL, of the readers on SQLite.
    pub connections: u32,
    /// How long a caller waits for a connection before the database counts as overloaded.
    pub wait: Duration,
}

impl Options {
    /// The usual number of connections for `engine`: SQLite reads occupy a thread each.
    #[must_use]
    pub fn usual(engine: Engine) -> Self {
        let connections = match engine {
            Engine::Sqlite => 4,
            Engine::Postgres => 16,
        };
        Self { connections, ..Self::default() }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { connections: 4, wait: Duration::from_secs(2) }
    }
}

/// The two databases that are supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in this machine's file system.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl Engine {
    /// The engine that a URL names, if it is one of the two.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        match url.split_once(':')?.0 {
            "sqlite" => Some(Self::Sqlite),
            "postgres" | "postgresql" => Some(Self::Postgres),
            _ => None,
        }
    }
}

/// Why a database could not be opened. The sentences never contain the URL: it may carry a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The scheme of the URL is not known.
    #[error("a database URL begins with `sqlite:` or `postgres:`")]
    Scheme,
    /// An in-memory SQLite database has no second connection.
    #[error("an SQLite database has to be a file: readers and the writer are connections of their own")]
    InMemory,
    /// The driver's reason.
    #[error("the database cannot be opened: {0}")]
    Driver(#[from] DbErr),
}

/// An open database. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Database {
    engine: Engine,
    reader: DatabaseConnection,
    writer: DatabaseConnection,
}

impl Database {
    /// Opens the database at `url`, and creates the file of an SQLite database that does not exist.
    ///
    /// # Errors
    /// [`OpenError`] if the URL is not understood or the database does not answer.
    pub async fn open(url: &str, options: Options) -> Result<Self, OpenError> {
        let engine = Engine::of(url).ok_or(OpenError::Scheme)?;
        match engine {
            Engine::Sqlite => {
                if url.contains(":memory:") || url.contains("mode=memory") {
                    return Err(OpenError::InMemory);
                }
                let writer = sea_orm::Database::connect(sqlite(url, options, 1)).await?;
                let mut readers = sqlite(url, options, options.connections);
                readers.map_sqlx_sqlite_opts(|file| durable(file).pragma("query_only", "ON"));
                readers.connect_lazy(true);
                let reader = sea_orm::Database::connect(readers).await?;
                Ok(Self { engine, reader, writer })
            }
            Engine::Postgres => {
                let pool = sea_orm::Database::connect(pooled(url, options, options.connections)).await?;
                Ok(Self { engine, reader: pool.clone(), writer: pool })
            }
        }
    }

    /// Which of the two it is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// For reading. On SQLite a write through it fails.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Begins a transaction that may write. Dropped without a commit it is rolled back.
    ///
    /// # Errors
    /// If no connection is free in time or the database does not answer; see [`crate::is_unavailable`].
    pub async fn write(&self) -> Result<DatabaseTransaction, DbErr> {
        let mode = Some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode: mode, ..TransactionOptions::default() };
        self.writer.begin_with_options(options).await
    }

    /// Asks the database for an answer: for `/readyz`.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.reader.execute_unprepared("SELECT 1").await.map(drop)
    }

    /// Closes every connection; on SQLite this also writes the WAL back into the file.
    pub async fn close(&self) {
        // Closing fails only for kinds of connections that are not opened here.
        drop(self.reader.clone().close().await);
        drop(self.writer.clone().close().await);
    }
}

fn pooled(url: &str, options: Options, connections: u32) -> ConnectOptions {
    let mut connect = ConnectOptions::new(url.to_owned());
    connect
        .max_connections(connections)
        .acquire_timeout(options.wait)
        .connect_timeout(options.wait)
        .test_before_acquire(false)
        .test_before_acquire_if_idle_for(TEST_AFTER_IDLE)
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    connect
}

fn sqlite(url: &str, options: Options, connections: u32) -> ConnectOptions {
    let mut connect = pooled(url, options, connections);
    // One writer: whoever comes second waits here instead of in SQLite's busy loop.
    connect.acquire_timeout(options.wait.max(BUSY)).map_sqlx_sqlite_opts(durable);
    connect
}

fn durable(file: sqlx::sqlite::SqliteConnectOptions) -> sqlx::sqlite::SqliteConnectOptions {
    file.create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .foreign_keys(true)
}

/// The URL of an SQLite file, whatever characters its path has.
#[must_use]
pub fn sqlite_url(path: &Path) -> String {
    let mut url = String::from("sqlite:");
    if path.is_absolute() {
        url.push_str("//");
    }
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(byte) {
            url.push(char::from(*byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}
