//! What `users` and `posts` would have after events: their exports, behind an assertion, in this process.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    middleware::from_fn_with_state,
    routing::get,
};
use database::Database;
use events::Event;
use feed::Sources;
use principal::{InternalKey, Verifier};
use sea_orm::{ConnectionTrait as _, Statement};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{runtime::Handle, sync::Notify};
use upstream::Upstream;

/// The newest of each thing. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Truth {
    newest: Arc<Mutex<BTreeMap<(String, i64), Event>>>,
    /// Whoever asks for this is kept waiting.
    gate: Arc<Mutex<Option<(&'static str, Gate)>>>,
}

/// Where an answer waits, made already.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    pub(crate) arrived: Arc<Notify>,
    pub(crate) go: Arc<Notify>,
}

/// The exports, and how to cut them off.
pub(crate) struct Exports {
    pub(crate) sources: Sources,
    pub(crate) users: Upstream,
    pub(crate) posts: Upstream,
}

#[derive(Deserialize)]
struct Export {
    after: i64,
    limit: usize,
}

impl Truth {
    /// After these events.
    pub(crate) fn of(events: &[Event]) -> Self {
        let truth = Self::default();
        truth.happens(events);
        truth
    }

    /// More has happened.
    pub(crate) fn happens(&self, events: &[Event]) {
        let mut newest = self.newest.lock().unwrap();
        for event in events {
            let known = newest.entry((event.aggregate.kind.clone(), event.aggregate.id));
            let known = known.or_insert_with(|| event.clone());
            if known.version < event.version {
                *known = event.clone();
            }
        }
    }

    /// Keeps the next one waiting who asks for this, with the answer that there is when they ask.
    pub(crate) fn keep_waiting(&self, what: &'static str) -> Gate {
        let gate = Gate::default();
        *self.gate.lock().unwrap() = Some((what, gate.clone()));
        gate
    }

    /// Where it can be asked, by this key.
    pub(crate) fn exports(&self, key: &InternalKey) -> Exports {
        self.believing(key, key)
    }

    /// Asked by one key, believing another.
    pub(crate) fn believing(&self, key: &InternalKey, believed: &InternalKey) -> Exports {
        let upstream = |name: &'static str| {
            let verifier = Verifier::new(name, vec![("feed".to_owned(), believed.derive("feed", name))]);
            let router = Router::new().route("/internal/{what}", get(export)).with_state(self.clone());
            let router = router.layer(from_fn_with_state(Arc::new(verifier), principal::require));
            Upstream::local(name, router, Handle::current())
        };
        let (users, posts) = (upstream("users"), upstream("posts"));
        Exports { sources: Sources::new(users.clone(), posts.clone(), key), users, posts }
    }

    fn part(&self, kind: &str, version: &str, asked: &Export) -> Value {
        let newest = self.newest.lock().unwrap();
        let things = newest.range((kind.to_owned(), asked.after + 1)..=(kind.to_owned(), i64::MAX));
        let things = things.filter(|(_, event)| event.kind != "post.deleted").map(|((_, id), event)| {
            let mut item = event.data.clone();
            item["id"] = json!(id);
            // A post has a version of its own besides.
            item[version] = json!(event.version);
            if kind == "user" {
                item["deleted"] = json!(event.kind == "user.deleted");
            }
            item
        });
        json!({"items": things.take(asked.limit).collect::<Vec<_>>(), "next_after": 0})
    }
}

async fn export(State(truth): State<Truth>, Path(what): Path<String>, Query(asked): Query<Export>) -> Json<Value> {
    let (kind, version, most) = match what.as_str() {
        "accounts-export" => ("user", "version", 1000),
        "follows" => ("follow", "version", 1000),
        "blocks" => ("block", "version", 1000),
        "posts-export" => ("post", "seq", 500),
        other => panic!("nobody exports {other}"),
    };
    assert!((1..=most).contains(&asked.limit), "{what}: {}", asked.limit);
    let part = truth.part(kind, version, &asked);
    let gate = truth.gate.lock().unwrap().take_if(|(kept, _)| *kept == what);
    if let Some((_, gate)) = gate {
        gate.arrived.notify_one();
        gate.go.notified().await;
    }
    Json(part)
}

/// What stands in the tables, row by row; of posts that are gone nothing, since how much is noted of them may differ.
pub(crate) async fn tables(db: &Database) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for (table, columns) in [
        ("authors", "id, username, display_name, search_name, avatar, is_active, deleted, version"),
        ("follows", "id, follower_id, followed_id, active, since, version"),
        ("blocks", "id, blocker_id, blocked_id, active, version"),
        ("posts", "id, author_id, text, tags, media, like_count, comment_count, created_at, updated_at, version, seq"),
        ("post_tags", "tag, created_at, post_id"),
        ("tags", "tag, posts_count"),
        ("read_authors", "author_id"),
        ("timeline", "user_id, created_at, post_id, author_id"),
        ("post_words", "rowid"),
    ] {
        let row = columns.split(", ").map(|column| format!("coalesce(CAST({column} AS TEXT), '-')"));
        let which = if table == "posts" { " WHERE NOT deleted" } else { "" };
        let query = format!("SELECT {} AS row_text FROM {table}{which}", row.collect::<Vec<_>>().join(" || ' ' || "));
        let query = Statement::from_string(db.reader().get_database_backend(), query);
        let rows = db.reader().query_all_raw(query).await.unwrap();
        let rows = rows.iter().map(|row| row.try_get::<String>("", "row_text").unwrap());
        all.insert(table, rows.collect());
    }
    all
}
