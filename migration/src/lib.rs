//! Owns the history of every service's schema.
//!
//! Each service has a [`Schema`] of its own, with a migration table of its own. [`up`] brings a database to the newest
//! schema in one transaction under a lock, so several processes may start at once: one migrates, the others wait and
//! find nothing to do. A database that is newer than this binary is refused and left as it is.

mod events;
mod feed;
mod idempotency;
mod posts;
mod tables;
mod users;

use database::{Database, Engine};
use sea_orm_migration::{
    MigratorTrait,
    sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement},
};

/// The services that have a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// The service `users`.
    Users,
    /// The service `posts`.
    Posts,
    /// The service `feed`.
    Feed,
}

impl Schema {
    /// Every schema.
    pub const ALL: [Self; 3] = [Self::Users, Self::Posts, Self::Feed];

    /// The name of the service.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Posts => "posts",
            Self::Feed => "feed",
        }
    }

    /// The number of the lock under which PostgreSQL migrates this schema.
    const fn lock(self) -> i64 {
        match self {
            Self::Users => 0x6167_6f72_6100_0001,
            Self::Posts => 0x6167_6f72_6100_0002,
            Self::Feed => 0x6167_6f72_6100_0003,
        }
    }
}

/// What became of one migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The migration's name.
    pub name: String,
    /// Whether the database has it.
    pub applied: bool,
}

/// Why a database could not be migrated. In every case it is as it was.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database was migrated by a newer version of this software.
    #[error(
        "the {schema} database has a newer schema than this binary (it knows {unknown}, which this binary does not): \
         run a newer version, or restore a copy of the data made before it was upgraded"
    )]
    NewerSchema {
        /// The service.
        schema: &'static str,
        /// The first migration that is not known here.
        unknown: String,
    },
    /// The database refused or did not answer.
    #[error("the {schema} database cannot be migrated: {source}")]
    Database {
        /// The service.
        schema: &'static str,
        /// The driver's reason.
        source: DbErr,
    },
}

/// Applies what is missing and returns the names of the applied migrations, in order.
///
/// # Errors
/// [`Error`]; nothing has been changed then.
pub async fn up(schema: Schema, db: &Database) -> Result<Vec<String>, Error> {
    let failed = |source| Error::Database { schema: schema.name(), source };
    let transaction = db.write().await.map_err(failed)?;
    if db.engine() == Engine::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({})", schema.lock());
        transaction.execute_unprepared(&lock).await.map_err(failed)?;
    }
    let steps = match schema {
        Schema::Users => apply::<users::Migrator>(schema, &transaction).await?,
        Schema::Posts => apply::<posts::Migrator>(schema, &transaction).await?,
        Schema::Feed => apply::<feed::Migrator>(schema, &transaction).await?,
    };
    transaction.commit().await.map_err(failed)?;
    Ok(steps.into_iter().filter(|step| !step.applied).map(|step| step.name).collect())
}

/// Every migration of a schema and whether the database has it. Changes nothing.
///
/// # Errors
/// [`Error`]
pub async fn status(schema: Schema, db: &Database) -> Result<Vec<Step>, Error> {
    match schema {
        Schema::Users => steps::<users::Migrator, _>(schema, db.reader()).await,
        Schema::Posts => steps::<posts::Migrator, _>(schema, db.reader()).await,
        Schema::Feed => steps::<feed::Migrator, _>(schema, db.reader()).await,
    }
}

async fn apply<M: MigratorTrait>(schema: Schema, transaction: &DatabaseTransaction) -> Result<Vec<Step>, Error> {
    let steps = steps::<M, _>(schema, transaction).await?;
    M::up(transaction, None).await.map_err(|source| Error::Database { schema: schema.name(), source })?;
    Ok(steps)
}

async fn steps<M: MigratorTrait, C: ConnectionTrait>(schema: Schema, db: &C) -> Result<Vec<Step>, Error> {
    let failed = |source| Error::Database { schema: schema.name(), source };
    let applied = applied(db, &M::migration_table_name().to_string()).await.map_err(failed)?;
    let known: Vec<String> = M::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    if let Some(unknown) = applied.iter().find(|name| !known.contains(name)) {
        return Err(Error::NewerSchema { schema: schema.name(), unknown: unknown.clone() });
    }
    Ok(known.into_iter().map(|name| Step { applied: applied.contains(&name), name }).collect())
}

/// The names in a migration table, in order; none if the table does not exist yet.
async fn applied<C: ConnectionTrait>(db: &C, table: &str) -> Result<Vec<String>, DbErr> {
    let backend = db.get_database_backend();
    let exists = match backend {
        DbBackend::Postgres => format!("SELECT 1 WHERE to_regclass('{table}') IS NOT NULL"),
        _ => format!("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '{table}'"),
    };
    if db.query_one_raw(Statement::from_string(backend, exists)).await?.is_none() {
        return Ok(Vec::new());
    }
    let names = Statement::from_string(backend, format!("SELECT version FROM {table} ORDER BY version"));
    db.query_all_raw(names).await?.iter().map(|row| row.try_get("", "version")).collect()
}
