//! The service `posts`, alone, and what `users` would tell it.

use std::{future::Future, ops::Deref, path::PathBuf, time::Duration};

use bus::{Bus, Message};
use database::{Database, Options, sqlite_url};
use events::{Aggregate, Event};
use migration::Schema;
use posts::{Config, Place};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use testkit::alone::{self, Alone, Answer, Call, Person};

pub(crate) use testkit::on_both_engines;

/// A running service. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Service {
    alone: Alone,
    pub(crate) config: Config,
    /// Where files of pictures are.
    pub(crate) media: PathBuf,
    url: String,
}

impl Deref for Service {
    type Target = Alone;

    fn deref(&self) -> &Alone {
        &self.alone
    }
}

impl Service {
    async fn over(db: Database, url: String, media: PathBuf) -> Self {
        // Cleaning up as often as possible.
        let config = Config {
            cleanup_interval: Duration::from_millis(20),
            media: Place::Directory(media.clone()),
            media_quota: QUOTA,
            ..Config::default()
        };
        let settings = config.clone();
        let app = |parts| posts::app(settings, parts).unwrap();
        Self { alone: Alone::new("posts", db, Bus::in_process(), &posts::openapi(), app), config, media, url }
    }

    /// Another process over the same database and the same files; it is to be stopped before this one.
    pub(crate) async fn beside(&self) -> Self {
        let options = Options { connections: 6, wait: Duration::from_secs(10) };
        let db = Database::open(&self.url, options).await.unwrap();
        Self::over(db, self.url.clone(), self.media.clone()).await
    }

    /// A request with a form of these fields.
    pub(crate) fn form(&self, method: &str, path: &str, form: &Form) -> Call<'_> {
        let call = match method {
            "PUT" => self.put(path, Value::Null),
            _ => self.post(path, Value::Null),
        };
        call.header("content-type", "multipart/form-data; boundary=XyX").body(form.bytes())
    }

    /// Uploads this file.
    pub(crate) fn send(&self, file: &[u8]) -> Call<'_> {
        self.form("POST", "/media", &Form::default().image(file))
    }

    /// The files that are stored, without their folders.
    pub(crate) fn files(&self) -> Vec<String> {
        let folders = std::fs::read_dir(&self.media).unwrap().map(|entry| entry.unwrap().path());
        let files = folders.filter(|path| path.is_dir()).flat_map(|path| std::fs::read_dir(path).unwrap());
        files.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// A post with this text; answers its id.
    pub(crate) async fn write(&self, author: &Person, text: &str) -> i64 {
        id(&self.post("/posts", json!({"text": text})).by(author).send().await.expect(201))
    }

    /// A picture that is free, without files; answers its id.
    pub(crate) async fn upload(&self, owner: &Person) -> i64 {
        let sql = format!(
            "INSERT INTO media (owner_id, hash, width, height, placeholder, alt, variants, bytes, position, created_at) VALUES \
             ({}, 'h', 1080, 720, '#abcdef', 'a bridge', '[{{\"height\": 144, \"width\": 216, \"url\": \"/media/h/144.webp\"}}]', 9, 0, 0)",
            owner.id
        );
        self.change(&sql).await;
        self.number("SELECT max(id) AS n FROM media").await
    }

    /// Changes rows as nobody can from outside.
    pub(crate) async fn change(&self, sql: &str) {
        let write = self.db.write().await.unwrap();
        write.execute_unprepared(sql).await.unwrap();
        write.commit().await.unwrap();
    }

    /// Tells the service what `users` would, and waits until it has taken it.
    pub(crate) async fn hear(&self, event: &Event) {
        let message = Message {
            id: event.id.to_string(),
            subject: format!("agora.users.{}", event.kind),
            payload: serde_json::to_vec(event).unwrap().into(),
        };
        let taken =
            format!("SELECT count(*) AS n FROM inbox WHERE event_id = '{}' AND handled_at IS NOT NULL", event.id);
        self.bus.publish(&[message]).await.unwrap();
        eventually(async || (self.number(&taken).await == 1).then_some(())).await;
    }

    /// `users` tells of a block, or of its end: the row has a version that grows.
    pub(crate) async fn blocks(&self, blocker: &Person, blocked: &Person, active: bool, version: i64) {
        let data = json!({"blocker_id": blocker.id, "blocked_id": blocked.id, "active": active});
        let kind = if active { "user.blocked" } else { "user.unblocked" };
        let row = blocker.id * 1000 + blocked.id;
        self.hear(&Event::new(kind, Aggregate::new("block", row), version, 1, data)).await;
    }

    /// `users` tells that an account is gone.
    pub(crate) async fn ends(&self, person: &Person) {
        let data = json!({"username": "x", "display_name": "x", "avatar": null, "is_active": false});
        self.hear(&Event::new("user.deleted", Aggregate::new("user", person.id), 9, 1, data)).await;
    }

    /// Every event that this service has recorded, in its order.
    pub(crate) async fn told(&self) -> Vec<Value> {
        let sql =
            Statement::from_string(self.db.reader().get_database_backend(), "SELECT event FROM outbox ORDER BY id");
        let rows = self.db.reader().query_all_raw(sql).await.unwrap();
        rows.iter().map(|row| serde_json::from_str(&row.try_get::<String>("", "event").unwrap()).unwrap()).collect()
    }
}

/// What the pictures of an account may take in these tests.
pub(crate) const QUOTA: i64 = 1 << 20;

/// A form, field by field.
#[derive(Clone, Default)]
pub(crate) struct Form(Vec<u8>);

impl Form {
    /// A file, with a name and a type that say nothing true.
    pub(crate) fn image(self, file: &[u8]) -> Self {
        self.field("name=\"image\"; filename=\"../../x.svg\"\r\nContent-Type: text/html", file)
    }

    /// A text.
    pub(crate) fn text(self, name: &str, text: &str) -> Self {
        self.field(&format!("name=\"{name}\""), text.as_bytes())
    }

    fn field(mut self, head: &str, content: &[u8]) -> Self {
        self.0.extend_from_slice(format!("--XyX\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes());
        self.0.extend_from_slice(content);
        self.0.extend_from_slice(b"\r\n");
        self
    }

    /// It, with its end.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [&self.0[..], b"--XyX--\r\n"].concat()
    }
}

/// A picture; another one for another seed.
pub(crate) fn drawn(seed: u64) -> Vec<u8> {
    picture::draw(seed, 300, 200).unwrap().to_vec()
}

/// Who writes in these tests.
pub(crate) fn people() -> (Person, Person, Person) {
    (Person::new(7), Person::new(8), Person::new(9))
}

/// The id of what was answered.
pub(crate) fn id(answer: &Answer) -> i64 {
    answer["id"].as_i64().unwrap()
}

/// Tries again until something is there; fails after ten seconds.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: impl FnMut() -> F) -> T {
    testkit::wait::until("it happens", Duration::from_secs(10), what).await
}

pub(crate) async fn on_sqlite<F: Future<Output = ()>>(scenario: impl FnOnce(Service) -> F) {
    let (db, directory) = alone::sqlite(Schema::Posts).await;
    let url = sqlite_url(&directory.path().join("posts.db"));
    let service = Service::over(db.clone(), url, directory.path().join("media")).await;
    scenario(service.clone()).await;
    service.stop().await;
    db.close().await;
    drop(directory);
}

pub(crate) async fn on_postgres<F: Future<Output = ()>>(scenario: impl FnOnce(Service) -> F) {
    let Some((db, postgres)) = alone::postgres(Schema::Posts).await else { return };
    let directory = tempfile::tempdir().unwrap();
    let service = Service::over(db.clone(), postgres.url(), directory.path().join("media")).await;
    scenario(service.clone()).await;
    service.stop().await;
    db.close().await;
}
