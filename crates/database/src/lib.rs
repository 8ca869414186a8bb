//! Opens a service's database the same way on SQLite and PostgreSQL, and names its constraint violations.
//!
//! Guarantees:
//!
//! * Every connection to SQLite uses WAL, `synchronous = FULL`, foreign keys and a busy timeout; a commit that was
//!   acknowledged survives a power loss.
//! * SQLite has one writer connection, so writers queue in this process instead of failing, and a few readers that
//!   cannot write. PostgreSQL has one pool.
//! * A write transaction from [`Database::write`] is `IMMEDIATE` on SQLite: it never fails in the middle because its
//!   first statement was a read.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use sea_orm::ConnectionTrait;
//!
//! let directory = tempfile::tempdir().unwrap();
//! let url = database::sqlite_url(&directory.path().join("notes.db"));
//! let db = database::Database::open(&url, database::Options::default()).await.unwrap();
//!
//! let write = db.write().await.unwrap();
//! write.execute_unprepared("CREATE TABLE notes (text TEXT)").await.unwrap();
//! write.commit().await.unwrap();
//! assert!(db.reader().execute_unprepared("DELETE FROM notes").await.is_err());
//! # db.close().await;
//! # });
//! ```

mod open;
mod violation;

pub use open::{Database, Engine, OpenError, Options, sqlite_url};
pub use violation::{Kind, Violation, is_unavailable, violation};
