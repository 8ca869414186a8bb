//! One service with a database of its own, and the two engines to run it on.

use std::{
    future::Future,
    path::{Path, PathBuf},
    sync::atomic::AtomicU64,
    sync::atomic::Ordering,
    time::Duration,
};

use axum::Router;
use boot::Profile;
use bus::Bus;
use database::{Database, Options, sqlite_url};
use principal::{InternalKey, Signer, Verifier};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use testkit::postgres::Postgres;
use users::{Clock, Config, Mail};

use crate::call::Call;

/// Declares tests that run on both engines: `async fn sentence(service) { … }`.
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
pub(crate) use on_both_engines;

/// A running service. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) router: Router,
    pub(crate) clock: Clock,
    pub(crate) db: Database,
    pub(crate) config: Config,
    pub(crate) signer: std::sync::Arc<Signer>,
    /// Where letters are.
    pub(crate) mail: PathBuf,
}

/// Somebody with an account.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: i64,
    pub(crate) sid: String,
    pub(crate) token: String,
}

/// The password of everybody whom a test registers.
pub(crate) const PASSWORD: &str = "correct horse";

impl Service {
    pub(crate) async fn over(db: Database, config: Config, mail: PathBuf) -> Self {
        let deployment = InternalKey::random();
        let key = || deployment.derive("gateway", "users");
        let verifier = Verifier::new("users", vec![("gateway".to_owned(), key())]);
        let clock = Clock::system();
        let app = users::app(config.clone(), db.clone(), verifier, clock.clone(), &Bus::in_process());
        let signer = std::sync::Arc::new(Signer::new("gateway", "users", key()));
        Self { router: app.service(), clock, db, config, signer, mail }
    }

    pub(crate) fn get(&self, path: &str) -> Call<'_> {
        Call::new(self, "GET", path)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Call<'_> {
        Call::new(self, "POST", path).json(body)
    }

    pub(crate) fn put(&self, path: &str, body: Value) -> Call<'_> {
        Call::new(self, "PUT", path).json(body)
    }

    pub(crate) fn patch(&self, path: &str, body: Value) -> Call<'_> {
        Call::new(self, "PATCH", path).json(body)
    }

    pub(crate) fn delete(&self, path: &str) -> Call<'_> {
        Call::new(self, "DELETE", path)
    }

    /// Registers somebody with the e-mail address `NAME@example.org`.
    pub(crate) async fn register(&self, username: &str) -> Person {
        let token = token();
        let email = format!("{username}@example.org");
        let body = json!({"username": username, "email": email, "password": PASSWORD, "token_hash": token});
        let answer = self.post("/internal/accounts", body).send().await.expect(201);
        Person {
            id: answer["user"]["id"].as_i64().unwrap(),
            sid: answer["session"]["id"].as_str().unwrap().to_owned(),
            token,
        }
    }

    /// Somebody who is an administrator from the start.
    pub(crate) async fn register_admin(&self, username: &str) -> Person {
        let person = self.register(username).await;
        assert!(users::operate::promote(&self.db, username, users::Role::Admin).await.unwrap());
        person
    }

    /// A login; returns the token's hash and the answer.
    pub(crate) async fn login(&self, login: &str, password: &str) -> (String, crate::call::Answer) {
        let token = token();
        let body = json!({"login": login, "password": password, "token_hash": token});
        (token, self.post("/internal/sessions", body).send().await)
    }

    pub(crate) async fn rotate(&self, presented: &str, successor: &str) -> crate::call::Answer {
        let body = json!({"presented": presented, "successor": successor});
        self.post("/internal/sessions/rotate", body).send().await
    }

    /// Every revocation that is kept, as `(kind, subject)`.
    pub(crate) async fn revocations(&self) -> Vec<(String, String)> {
        let list = self.get("/internal/revocations").send().await.expect(200);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        list["items"].as_array().unwrap().iter().map(|item| (text(&item["kind"]), text(&item["subject"]))).collect()
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let backend = self.db.reader().get_database_backend();
        let sql = sea_orm::Statement::from_string(backend, format!("SELECT count(*) AS n FROM {table}"));
        self.db.reader().query_one_raw(sql).await.unwrap().unwrap().try_get("", "n").unwrap()
    }
}

/// A refresh token's hash that nobody has had before.
pub(crate) fn token() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{:064x}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Tries again until something is there; fails after ten seconds.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(mut what: impl FnMut() -> F) -> T {
    let found = async {
        loop {
            if let Some(found) = what().await {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), found).await.expect("it did not happen within ten seconds")
}

/// The settings of tests: those of the demo profile, cleaning up as often as possible, and letters in this directory.
fn config(directory: &Path) -> Config {
    let mail = Mail::into(directory.to_owned());
    Config { cleanup_interval: Duration::from_millis(20), mail, ..Config::usual(Profile::Demo) }
}

pub(crate) async fn on_sqlite<F: Future<Output = ()>>(scenario: impl FnOnce(Service) -> F) {
    on_sqlite_with(|mail| mail, scenario).await;
}

/// With other settings of mail.
pub(crate) async fn on_sqlite_with<F: Future<Output = ()>>(
    other: impl FnOnce(Mail) -> Mail,
    scenario: impl FnOnce(Service) -> F,
) {
    let directory = tempfile::tempdir().unwrap();
    let db = Database::open(&sqlite_url(&directory.path().join("users.db")), Options::default()).await.unwrap();
    migration::up(migration::Schema::Users, &db).await.unwrap();
    let mail = directory.path().join("mail");
    let config = config(&mail);
    scenario(Service::over(db, Config { mail: other(config.mail.clone()), ..config }, mail).await).await;
}

pub(crate) async fn on_postgres<F: Future<Output = ()>>(scenario: impl FnOnce(Service) -> F) {
    let Some(postgres) = Postgres::create().await else { return };
    let options = Options { connections: 6, wait: Duration::from_secs(10) };
    let db = Database::open(&postgres.url(), options).await.unwrap();
    migration::up(migration::Schema::Users, &db).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mail = directory.path().join("mail");
    scenario(Service::over(db, config(&mail), mail).await).await;
}
