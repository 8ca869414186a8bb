//! Whatever order events come in, and however often, the end is the same.

use events::Event;
use proptest::{
    prelude::{Just, Strategy as _},
    sample::subsequence,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use testkit::alone::Person;

use crate::harness::{BEGIN, Service, block, follow, on_postgres, on_sqlite, post, post_deleted, user, user_deleted};

/// Everything that can happen to five accounts and their posts, in the order in which it happened.
fn history() -> Vec<Event> {
    let mut later = follow(3, 2, 1, true);
    later.data["since"] = json!(BEGIN + 14);
    let mut events: Vec<_> =
        (1..).zip(["ada", "bob", "eve", "dan", "fay"]).map(|(id, name)| user(id, 1, name)).collect();
    events.extend([
        follow(1, 2, 1, true),
        follow(1, 3, 1, true),
        post(10, 1, 1, "first", &["a", "b"]),
        follow(1, 4, 1, true),
        follow(1, 1, 2, true),
        post(11, 1, 2, "second", &["a"]),
        post(10, 2, 1, "first, edited", &["b", "c"]),
        user(1, 2, "countess"),
        follow(2, 2, 1, false),
        block(1, 3, 1, true),
        post(12, 1, 1, "third", &[]),
        post(10, 3, 1, "first, edited", &["b", "c"]),
        block(1, 2, 1, true),
        follow(2, 1, 2, false),
        post(13, 1, 5, "of fay", &["c"]),
        post_deleted(11, 2, 2),
        block(2, 2, 1, false),
        later,
        user_deleted(5, 2, "fay"),
        post_deleted(13, 2, 5),
        follow(2, 4, 1, false),
        post(14, 1, 2, "fourth", &["c"]),
    ]);
    events
}

/// All that anybody can see, and the numbers of rows that nobody sees by themselves.
async fn seen(service: &Service) -> Value {
    let mut seen = Vec::new();
    for viewer in 1..=5 {
        for path in ["/home", "/public", "/public?tag=c", "/search/posts?q=first"] {
            seen.push(service.get(path).by(&Person::new(viewer)).send().await.expect(200).json);
        }
    }
    seen.push(service.get("/tags").send().await.expect(200).json);
    seen.push(service.get("/search/users?q=c").send().await.expect(200).json);
    for table in ["authors", "follows", "blocks", "posts", "post_tags", "post_words", "tags"] {
        seen.push(json!(service.count(table).await));
    }
    Value::Array(seen)
}

/// Tells the events in this order, and returns what is seen then.
type Tell = fn(Vec<Event>) -> Value;

fn same_in_every_order(cases: u32, tell: Tell) {
    let expected = tell(history());
    let events = history();
    let some = subsequence((0..events.len()).collect::<Vec<_>>(), 0..events.len());
    let orders = some.prop_flat_map(move |again| {
        let all: Vec<usize> = (0..events.len()).chain(again).collect();
        Just(all).prop_shuffle()
    });
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&orders, |order| {
        let events = history();
        let found = tell(order.iter().map(|at| events[*at].clone()).collect());
        proptest::prop_assert_eq!(&found, &expected);
        Ok(())
    });
    outcome.unwrap();
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future);
}

#[test]
fn on_sqlite_events_in_any_order_and_number_come_to_the_same() {
    same_in_every_order(24, |events| {
        let mut found = Value::Null;
        block_on(on_sqlite(async |service: Service| {
            service.told(&events).await;
            found = seen(&service).await;
        }));
        found
    });
}

#[test]
fn on_postgres_events_in_any_order_and_number_come_to_the_same() {
    same_in_every_order(8, |events| {
        let mut found = Value::Null;
        block_on(on_postgres(async |service: Service| {
            service.told(&events).await;
            found = seen(&service).await;
        }));
        found
    });
}
