//! One service with a database of its own, on each engine, spoken to as the gateway does.
//!
//! ```ignore
//! on_both_engines! {
//!     async fn nobody_is_there_at_first(service) {
//!         assert_eq!(service.get("/users").send().await.expect(200)["items"], json!([]));
//!     }
//! }
//! ```
//!
//! PostgreSQL is the server at `TEST_POSTGRES_URL`; without it those halves fail, unless `SKIP_POSTGRES=1` says that they are meant to
//! be left out.

mod call;

use std::{sync::Arc, time::Duration};

use axum::Router;
use boot::App;
use bus::Bus;
use database::{Database, Options, sqlite_url};
use migration::Schema;
use principal::{InternalKey, Principal, Signer, Verifier};
use sea_orm::ConnectionTrait as _;
use serde_json::Value;
use service::{Clock, Parts};
use tempfile::TempDir;

use crate::postgres::Postgres;

pub use call::{Answer, Call};

/// A running service. Clones are the same one.
#[derive(Clone)]
pub struct Alone {
    /// It, as it is served.
    pub router: Router,
    /// Its time.
    pub clock: Clock,
    /// Its database.
    pub db: Database,
    /// By which it tells and hears.
    pub bus: Bus,
    /// What signs who a caller is.
    pub signer: Arc<Signer>,
    app: App,
    document: Arc<Value>,
}

/// Somebody who may call.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account.
    pub id: i64,
    /// The session.
    pub sid: String,
}

impl Person {
    /// Whoever has this account, in some session.
    #[must_use]
    pub fn new(id: i64) -> Self {
        Self { id, sid: format!("01931a0b-6f5e-7c3a-9a51-{id:012}") }
    }

    pub(crate) fn principal(&self, roles: &[&str]) -> Principal {
        Principal {
            sub: Some(self.id.to_string()),
            sid: Some(self.sid.clone()),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        }
    }
}

impl Alone {
    /// The service that `app` makes of its parts, called `name`, whose answers are held against `document`.
    pub fn new(
        name: &'static str,
        db: Database,
        bus: Bus,
        document: &utoipa::openapi::OpenApi,
        app: impl FnOnce(Parts) -> App,
    ) -> Self {
        let deployment = InternalKey::random();
        let key = || deployment.derive("gateway", name);
        let verifier = Verifier::new(name, vec![("gateway".to_owned(), key())]);
        let clock = Clock::system();
        let app = app(Parts { db: db.clone(), verifier, clock: clock.clone(), bus: bus.clone() });
        let signer = Arc::new(Signer::new("gateway", name, key()));
        let document = Arc::new(serde_json::to_value(document).unwrap());
        Self { router: app.service(), clock, db, bus, app, signer, document }
    }

    /// A `GET`.
    pub fn get(&self, path: &str) -> Call<'_> {
        Call::new(self, "GET", path)
    }

    /// A `HEAD`.
    pub fn head(&self, path: &str) -> Call<'_> {
        Call::new(self, "HEAD", path)
    }

    /// A `POST` with a JSON body.
    pub fn post(&self, path: &str, body: Value) -> Call<'_> {
        Call::new(self, "POST", path).json(body)
    }

    /// A `PUT` with a JSON body; `null` is none.
    pub fn put(&self, path: &str, body: Value) -> Call<'_> {
        let call = Call::new(self, "PUT", path);
        if body.is_null() { call } else { call.json(body) }
    }

    /// A `PATCH` with a JSON body.
    pub fn patch(&self, path: &str, body: Value) -> Call<'_> {
        Call::new(self, "PATCH", path).json(body)
    }

    /// A `DELETE`.
    pub fn delete(&self, path: &str) -> Call<'_> {
        Call::new(self, "DELETE", path)
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) AS n FROM {table}")).await
    }

    /// The number `n` of the one row that a query has.
    pub async fn number(&self, query: &str) -> i64 {
        let reader = self.db.reader();
        let query = sea_orm::Statement::from_string(reader.get_database_backend(), query);
        reader.query_one_raw(query).await.unwrap().unwrap().try_get("", "n").unwrap()
    }

    /// Stops its background work, as a shutdown does.
    pub async fn stop(&self) {
        self.app.tasks.shutdown(Duration::from_secs(10)).await;
    }
}

/// A fresh database of SQLite, migrated; it goes with the directory.
pub async fn sqlite(schema: Schema) -> (Database, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(format!("{}.db", schema.name()));
    let db = Database::open(&sqlite_url(&file), Options::default()).await.unwrap();
    migration::up(schema, &db).await.unwrap();
    (db, directory)
}

/// A fresh database of PostgreSQL, migrated; `None` if that is to be left out. It goes with the [`Postgres`].
pub async fn postgres(schema: Schema) -> Option<(Database, Postgres)> {
    let postgres = Postgres::create().await?;
    let options = Options { connections: 6, wait: Duration::from_secs(10) };
    let db = Database::open(&postgres.url(), options).await.unwrap();
    migration::up(schema, &db).await.unwrap();
    Some((db, postgres))
}

/// Declares tests that run on both engines, `async fn sentence(service) { … }`: with `on_sqlite` and `on_postgres` of the module
/// `crate::harness`, and its `Service`.
#[macro_export]
#[allow(clippy::crate_in_macro_def, reason = "the harness is that of whoever declares the tests")]
macro_rules! on_both_engines {
    ($(async fn $name:ident($service:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn scenario($service: crate::harness::Service) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                crate::harness::on_sqlite(scenario).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                crate::harness::on_postgres(scenario).await;
            }
        }
    )*};
}
