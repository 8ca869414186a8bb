//! The service `users`, alone.

use std::{
    future::Future,
    ops::Deref,
    path::{Path, PathBuf},
    sync::atomic::AtomicU64,
    sync::atomic::Ordering,
    time::Duration,
};

use boot::Profile;
use bus::Bus;
use database::Database;
use migration::Schema;
use serde_json::{Value, json};
use testkit::alone::{self, Alone, Answer};
use users::{Config, Mail};

pub(crate) use testkit::on_both_engines;

/// A running service. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Service {
    alone: Alone,
    pub(crate) config: Config,
    /// Where letters are.
    pub(crate) mail: PathBuf,
}

impl Deref for Service {
    type Target = Alone;

    fn deref(&self) -> &Alone {
        &self.alone
    }
}

/// Somebody with an account.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    who: alone::Person,
    pub(crate) token: String,
}

impl Deref for Person {
    type Target = alone::Person;

    fn deref(&self) -> &alone::Person {
        &self.who
    }
}

/// The password of everybody whom a test registers.
pub(crate) const PASSWORD: &str = "correct horse";

impl Service {
    pub(crate) async fn over(db: Database, config: Config, mail: PathBuf) -> Self {
        let settings = config.clone();
        let alone = Alone::new("users", db, Bus::in_process(), &users::openapi(), |parts| users::app(settings, parts));
        Self { alone, config, mail }
    }

    /// Registers somebody with the e-mail address `NAME@example.org`.
    pub(crate) async fn register(&self, username: &str) -> Person {
        let token = token();
        let email = format!("{username}@example.org");
        let body = json!({"username": username, "email": email, "password": PASSWORD, "token_hash": token});
        let answer = self.post("/internal/accounts", body).send().await.expect(201);
        let (id, sid) = (answer["user"]["id"].as_i64().unwrap(), answer["session"]["id"].as_str().unwrap().to_owned());
        Person { who: alone::Person { id, sid }, token }
    }

    /// Somebody who is an administrator from the start.
    pub(crate) async fn register_admin(&self, username: &str) -> Person {
        let person = self.register(username).await;
        assert!(users::operate::promote(&self.db, username, users::Role::Admin).await.unwrap());
        person
    }

    /// A login; returns the token's hash and the answer.
    pub(crate) async fn login(&self, login: &str, password: &str) -> (String, Answer) {
        let token = token();
        let body = json!({"login": login, "password": password, "token_hash": token});
        (token, self.post("/internal/sessions", body).send().await)
    }

    pub(crate) async fn rotate(&self, presented: &str, successor: &str) -> Answer {
        let body = json!({"presented": presented, "successor": successor});
        self.post("/internal/sessions/rotate", body).send().await
    }

    /// Every revocation that is kept, as `(kind, subject)`.
    pub(crate) async fn revocations(&self) -> Vec<(String, String)> {
        let list = self.get("/internal/revocations").send().await.expect(200);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        list["items"].as_array().unwrap().iter().map(|item| (text(&item["kind"]), text(&item["subject"]))).collect()
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
    let (db, directory) = alone::sqlite(Schema::Users).await;
    let mail = directory.path().join("mail");
    let config = config(&mail);
    scenario(Service::over(db, Config { mail: other(config.mail.clone()), ..config }, mail).await).await;
}

pub(crate) async fn on_postgres<F: Future<Output = ()>>(scenario: impl FnOnce(Service) -> F) {
    let Some((db, _postgres)) = alone::postgres(Schema::Users).await else { return };
    let directory = tempfile::tempdir().unwrap();
    let mail = directory.path().join("mail");
    scenario(Service::over(db, config(&mail), mail).await).await;
}
