//! The service `feed`, alone: what `users` and `posts` would tell it is told by the tests.

use std::{
    future::Future,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use bus::{Bus, Message};
use database::Database;
use events::{Aggregate, Event};
use feed::Config;
use migration::Schema;
use serde_json::{Value, json};
use testkit::{
    alone::{self, Alone, Person},
    wait,
};

pub(crate) use testkit::on_both_engines;

/// Authors with so many followers have their posts looked for when a timeline is read.
pub(crate) const FANOUT_MOST: u64 = 3;

/// A running service. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Service {
    alone: Alone,
    next: Arc<AtomicI64>,
}

impl Deref for Service {
    type Target = Alone;

    fn deref(&self) -> &Alone {
        &self.alone
    }
}

/// When the first post is made.
pub(crate) const BEGIN: i64 = 1_735_689_600_000;

/// What `users` tells of an account.
pub(crate) fn user(id: i64, version: i64, username: &str) -> Event {
    let kind = if version == 1 { "user.registered" } else { "user.changed" };
    let data =
        json!({"username": username, "display_name": username.to_uppercase(), "avatar": null, "is_active": true});
    Event::new(kind, Aggregate::new("user", id), version, BEGIN, data)
}

/// The same of one that has gone.
pub(crate) fn user_deleted(id: i64, version: i64, username: &str) -> Event {
    Event { kind: "user.deleted".to_owned(), ..user(id, version, username) }
}

/// Somebody follows somebody, since the first post; the pair has a number of its own.
pub(crate) fn follow(version: i64, follower: i64, followed: i64, active: bool) -> Event {
    let kind = if active { "user.followed" } else { "user.unfollowed" };
    let data = json!({"follower_id": follower, "followed_id": followed, "active": active, "since": BEGIN});
    Event::new(kind, Aggregate::new("follow", follower * 1000 + followed), version, BEGIN, data)
}

/// Somebody has blocked somebody.
pub(crate) fn block(version: i64, blocker: i64, blocked: i64, active: bool) -> Event {
    let kind = if active { "user.blocked" } else { "user.unblocked" };
    let data = json!({"blocker_id": blocker, "blocked_id": blocked, "active": active});
    Event::new(kind, Aggregate::new("block", blocker * 1000 + blocked), version, BEGIN, data)
}

/// A post, made so many milliseconds after the first one as its id says.
pub(crate) fn post(id: i64, seq: i64, author: i64, text: &str, tags: &[&str]) -> Event {
    let kind = if seq == 1 { "post.created" } else { "post.changed" };
    let data = json!({
        "author_id": author, "text": text, "tags": tags, "media": [], "like_count": seq - 1, "comment_count": 0,
        "created_at": BEGIN + id, "updated_at": BEGIN + id, "version": 1,
    });
    Event::new(kind, Aggregate::new("post", id), seq, BEGIN + id, data)
}

/// A post is no more.
pub(crate) fn post_deleted(id: i64, seq: i64, author: i64) -> Event {
    Event::new("post.deleted", Aggregate::new("post", id), seq, BEGIN + id, json!({"author_id": author}))
}

/// The settings of these tests.
pub(crate) fn config() -> Config {
    Config { fanout_most: FANOUT_MOST, ..Config::default() }
}

impl Service {
    fn over(db: Database) -> Self {
        Self::with(db, config())
    }

    /// The service as it is configured.
    pub(crate) fn with(db: Database, config: Config) -> Self {
        let alone = Alone::new("feed", db, Bus::in_process(), &feed::openapi(), |parts| feed::app(config, parts));
        Self { alone, next: Arc::new(AtomicI64::new(1)) }
    }

    /// Tells events, and waits until they have been handled.
    pub(crate) async fn told(&self, events: &[Event]) {
        self.tell(events).await;
        self.handled().await;
    }

    /// Tells events.
    pub(crate) async fn tell(&self, events: &[Event]) {
        let messages = events.iter().map(|event| {
            let from = if event.kind.starts_with("user") { "users" } else { "posts" };
            let payload = serde_json::to_vec(event).unwrap().into();
            let subject = format!("agora.{from}.{}", event.kind);
            // A repeat under an id of its own, so that it is the service that has to recognise it.
            let id = format!("test-{}", self.next.fetch_add(1, Ordering::Relaxed));
            Message { id, subject, payload }
        });
        self.bus.publish(&messages.collect::<Vec<_>>()).await.unwrap();
    }

    /// Waits until everything that was told has been handled.
    pub(crate) async fn handled(&self) {
        wait::until("the events are handled", Duration::from_secs(20), async || {
            let status = events::status(&self.db).await.unwrap();
            assert!(status.parked.is_empty(), "{:?}", status.parked);
            (status.waiting == 0).then_some(())
        })
        .await;
    }

    /// Tells of accounts: the first has the id 1.
    pub(crate) async fn accounts(&self, names: &[&str]) {
        let events: Vec<_> = (1..).zip(names).map(|(id, name)| user(id, 1, name)).collect();
        self.told(&events).await;
    }

    /// The ids of a list, as this account sees it; 0 is nobody.
    pub(crate) async fn ids(&self, path: &str, viewer: i64) -> Vec<i64> {
        let call = self.get(path);
        let call = if viewer == 0 { call } else { call.by(&Person::new(viewer)) };
        call.send().await.expect(200).all("id").iter().map(|id| Value::as_i64(id).unwrap()).collect()
    }

    /// The posts in an account's timeline.
    pub(crate) async fn home(&self, viewer: i64) -> Vec<i64> {
        self.ids("/home", viewer).await
    }
}

pub(crate) async fn on_sqlite<F: Future<Output = ()>>(scenario: impl FnOnce(Service) -> F) {
    let (db, _directory) = alone::sqlite(Schema::Feed).await;
    scenario(Service::over(db)).await;
}

pub(crate) async fn on_postgres<F: Future<Output = ()>>(scenario: impl FnOnce(Service) -> F) {
    let Some((db, _postgres)) = alone::postgres(Schema::Feed).await else { return };
    scenario(Service::over(db)).await;
}
