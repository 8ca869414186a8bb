//! What is made anew is what events have made.

use std::collections::BTreeMap;

use events::Event;
use feed::{rebuild, reconcile};
use principal::InternalKey;
use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    prop_oneof,
    test_runner::{Config, TestRunner},
};
use sea_orm::ConnectionTrait as _;
use serde_json::json;

use crate::{
    harness::{
        BEGIN, Service, block, config, follow, on_both_engines, on_postgres, on_sqlite, post, post_deleted, user,
        user_deleted,
    },
    truth::{Truth, tables},
};

/// Something that happens to five accounts and eight posts.
#[derive(Clone, Debug)]
enum Happening {
    Account(i64, u8),
    Follow(i64, i64, bool),
    Block(i64, i64, bool),
    Post(i64, u8),
    Deleted(i64),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let (account, text) = (1..=5_i64, any::<u8>());
    let one = prop_oneof![
        2 => (account.clone(), text).prop_map(|(id, text)| Happening::Account(id, text)),
        3 => (account.clone(), account.clone(), any::<bool>()).prop_map(|(a, b, active)| Happening::Follow(a, b, active)),
        1 => (account.clone(), account, any::<bool>()).prop_map(|(a, b, active)| Happening::Block(a, b, active)),
        4 => (10..18_i64, text).prop_map(|(id, text)| Happening::Post(id, text)),
        1 => (10..18_i64).prop_map(Happening::Deleted),
    ];
    vec(one, 0..60)
}

/// The events that are told of it, each thing with versions of its own. What is gone stays so.
fn events(happenings: &[Happening]) -> Vec<Event> {
    let mut versions: BTreeMap<(u8, i64, i64), i64> = BTreeMap::new();
    let mut gone = Vec::new();
    let mut told: Vec<_> = (1..=5).map(|id| user(id, 1, &format!("account{id}"))).collect();
    let mut next = |thing| {
        let version = versions.entry(thing).or_default();
        *version += 1;
        *version
    };
    for happening in happenings {
        match *happening {
            Happening::Account(id, 0) => told.push(user_deleted(id, 1000, &format!("account{id}"))),
            Happening::Account(id, text) => {
                told.push(user(id, 1 + next((0, id, 0)), &format!("name{text}_{id}")));
            }
            Happening::Follow(a, b, active) if a != b => {
                let mut event = follow(next((1, a, b)), a, b, active);
                event.data["since"] = json!(BEGIN + event.version * 5);
                told.push(event);
            }
            Happening::Block(a, b, active) if a != b => told.push(block(next((2, a, b)), a, b, active)),
            Happening::Post(id, text) if !gone.contains(&id) => {
                let tags: Vec<_> =
                    ["a", "b", "c"].into_iter().filter(|tag| text & (1 << tag.len()) > 0 || *tag == "a").collect();
                told.push(post(id, next((3, id, 0)), 1 + id % 5, &format!("word{text} of {id}"), &tags));
            }
            Happening::Deleted(id) if !gone.contains(&id) => {
                told.push(post_deleted(id, next((3, id, 0)), 1 + id % 5));
                gone.push(id);
            }
            _ => {}
        }
    }
    told
}

/// What everybody sees at home: that is the same whether posts are put into timelines or looked for.
async fn homes(service: &Service) -> Vec<Vec<i64>> {
    let mut homes = Vec::new();
    for viewer in 1..=5 {
        homes.push(service.home(viewer).await);
    }
    homes
}

/// What was told, what is made anew, and what is repaired from nothing are the same.
async fn three_ways_are_one(service: Service, events: Vec<Event>) {
    service.told(&events).await;
    let exports = Truth::of(&events).exports(&InternalKey::random());
    let mut told = tables(&service.db).await;
    let seen = homes(&service).await;
    let report = reconcile(&service.db, &config(), &exports.sources).await.unwrap();
    assert!(report.is_clean(), "{report}");
    rebuild(&service.db, &config(), &exports.sources).await.unwrap();
    let anew = tables(&service.db).await;
    assert_eq!(homes(&service).await, seen);
    // Whoever had many followers stays widely followed with half of them, which nobody can know afterwards.
    let history = ["read_authors", "timeline"];
    told.retain(|table, _| !history.contains(table));
    let same = anew.iter().filter(|(table, _)| !history.contains(table));
    assert_eq!(same.map(|(table, rows)| (*table, rows.clone())).collect::<BTreeMap<_, _>>(), told);
    let transaction = service.db.write().await.unwrap();
    for table in
        ["authors", "follows", "blocks", "posts", "post_tags", "tags", "timeline", "read_authors", "post_words"]
    {
        transaction.execute_unprepared(&format!("DELETE FROM {table}")).await.unwrap();
    }
    transaction.commit().await.unwrap();
    reconcile(&service.db, &config(), &exports.sources).await.unwrap();
    assert_eq!(tables(&service.db).await, anew);
    assert!(reconcile(&service.db, &config(), &exports.sources).await.unwrap().is_clean());
    service.stop().await;
}

fn for_histories(cases: u32, check: fn(Vec<Event>)) {
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&happenings(), |happenings| {
        check(events(&happenings));
        Ok(())
    });
    outcome.unwrap();
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future);
}

#[test]
fn on_sqlite_what_is_made_anew_is_what_events_have_made() {
    for_histories(24, |events| block_on(on_sqlite(|service| three_ways_are_one(service, events))));
}

#[test]
fn on_postgres_what_is_made_anew_is_what_events_have_made() {
    for_histories(8, |events| block_on(on_postgres(|service| three_ways_are_one(service, events))));
}

on_both_engines! {
    async fn nothing_is_different_if_the_others_are_away_when_everything_is_made_anew(service) {
        let events = [user(1, 1, "ada"), post(10, 1, 1, "hello", &["a"])];
        service.told(&events).await;
        let before = tables(&service.db).await;
        let exports = Truth::of(&events).exports(&InternalKey::random());
        for (away, upstream) in [("users", &exports.users), ("posts", &exports.posts)] {
            upstream.sever(true);
            let refused = rebuild(&service.db, &config(), &exports.sources).await.unwrap_err();
            assert!(refused.to_string().starts_with(&format!("{away} cannot be asked for what it has")), "{refused}");
            assert_eq!(tables(&service.db).await, before);
            upstream.sever(false);
        }
        service.told(&[post(11, 1, 1, "goes on", &[])]).await;
        assert_eq!(service.home(1).await, [11, 10]);
    }

    async fn what_was_deleted_does_not_come_back_by_an_older_event(service) {
        let events = [user(1, 1, "ada"), post_deleted(10, 3, 1), post(11, 1, 1, "hello", &[])];
        service.told(&events).await;
        let sources = Truth::of(&events).exports(&InternalKey::random()).sources;
        rebuild(&service.db, &config(), &sources).await.unwrap();
        service.told(&[post(10, 2, 1, "late", &[])]).await;
        assert_eq!(service.ids("/public", 0).await, [11]);
    }

    async fn more_than_one_part_of_an_export_is_read(service) {
        let posts = (1..=1200).map(|id| post(id, 1, 1, &format!("post {id}"), &["a"]));
        let events: Vec<_> = [user(1, 1, "ada")].into_iter().chain(posts).collect();
        let exports = Truth::of(&events).exports(&InternalKey::random());
        let report = reconcile(&service.db, &config(), &exports.sources).await.unwrap();
        assert_eq!((report.posts.missing, report.timeline.missing), (1200, 0));
        let repaired = tables(&service.db).await;
        let transaction = service.db.write().await.unwrap();
        transaction.execute_unprepared("DELETE FROM posts WHERE id IN (500, 501, 1000, 1200)").await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(reconcile(&service.db, &config(), &exports.sources).await.unwrap().posts.missing, 4);
        assert_eq!(tables(&service.db).await, repaired);
        let rebuilt = rebuild(&service.db, &config(), &exports.sources).await.unwrap();
        assert_eq!((rebuilt.posts, rebuilt.timeline), (1200, 1200));
        assert_eq!(tables(&service.db).await, repaired);
    }
}
