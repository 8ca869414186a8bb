//! The service `posts`, alone, and what `users` would tell it.

use std::{future::Future, ops::Deref, time::Duration};

use bus::{Bus, Message};
use database::Database;
use events::{Aggregate, Event};
use migration::Schema;
use posts::Config;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use testkit::alone::{self, Alone, Answer, Person};

pub(crate) use testkit::on_both_engines;

/// A running service. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Service(Alone);

impl Deref for Service {
    type Target = Alone;

    fn deref(&self) -> &Alone {
        &self.0
    }
}

impl Service {
    async fn over(db: Database) -> Self {
        // Cleaning up as often as possible.
        let config = Config { cleanup_interval: Duration::from_millis(20) };
        Self(Alone::new("posts", db, Bus::in_process(), &posts::openapi(), |parts| posts::app(config, parts)))
    }

    /// A post with this text; answers its id.
    pub(crate) async fn write(&self, author: &Person, text: &str) -> i64 {
        id(&self.post("/posts", json!({"text": text})).by(author).send().await.expect(201))
    }

    /// A picture that is free; answers its id.
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
    let service = Service::over(db.clone()).await;
    scenario(service.clone()).await;
    service.stop().await;
    db.close().await;
    drop(directory);
}

pub(crate) async fn on_postgres<F: Future<Output = ()>>(scenario: impl FnOnce(Service) -> F) {
    let Some((db, _postgres)) = alone::postgres(Schema::Posts).await else { return };
    let service = Service::over(db.clone()).await;
    scenario(service.clone()).await;
    service.stop().await;
    db.close().await;
}
