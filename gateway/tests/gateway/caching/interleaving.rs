//! After a write has been answered, nobody sees what was there before: whatever is slow, and in whatever order.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use http::Method;
use serde_json::json;
use testkit::{Caller, Stub};
use tokio::sync::Semaphore;

use super::world;
use crate::Gateway;

const ROUNDS: u64 = 1_000;

/// One value behind two doors: reading takes its time before and after it looks, writing before and after it is done.
#[derive(Default)]
struct Shelf {
    value: AtomicU64,
    /// How often the next steps wait for a permit; each bit is one step.
    slow: AtomicU64,
    gate: Gate,
    /// How many wait now.
    waits: AtomicU64,
    /// Where the next write waits: 1 is before it is done, 2 after that.
    slow_write: AtomicU64,
    write_gate: Gate,
    writes_wait: AtomicU64,
}

struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Shelf {
    async fn step(&self) {
        let bits = self.slow.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |bits| Some(bits >> 1)).unwrap();
        if bits & 1 == 1 {
            self.waits.fetch_add(1, Ordering::SeqCst);
            self.gate.0.acquire().await.unwrap().forget();
            self.waits.fetch_sub(1, Ordering::SeqCst);
        } else {
            tokio::task::yield_now().await;
        }
    }

    async fn read(&self) -> Response {
        self.step().await;
        let value = self.value.load(Ordering::SeqCst);
        self.step().await;
        let fields = [("cache-control", "max-age=600"), ("cache-groups", "\"shelf\"")];
        (fields, Json(json!({ "value": value }))).into_response()
    }

    async fn write_step(&self, step: u64) {
        if self.slow_write.load(Ordering::SeqCst) == step {
            self.writes_wait.store(1, Ordering::SeqCst);
            self.write_gate.0.acquire().await.unwrap().forget();
            self.writes_wait.store(0, Ordering::SeqCst);
        }
    }

    async fn write(&self, named: bool) -> Response {
        self.write_step(1).await;
        let value = self.value.fetch_add(1, Ordering::SeqCst) + 1;
        self.write_step(2).await;
        let fields = if named { [("cache-group-invalidation", "\"shelf\"")] } else { [("x-none", "")] };
        (fields, Json(json!({ "value": value }))).into_response()
    }
}

async fn answer(State(shelf): State<Arc<Shelf>>, request: Request) -> Response {
    match *request.method() {
        Method::GET => shelf.read().await,
        // One write says what it changes by a group, the other one is known by its path.
        Method::POST => shelf.write(true).await,
        _ => shelf.write(false).await,
    }
}

/// Without a pause: what is waited for is there in no time.
async fn until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < world::PATIENCE, "{what}");
        tokio::task::yield_now().await;
    }
}

async fn value(caller: Caller) -> u64 {
    caller.get("/api/v1/things/1").await.expect(200).json()["value"].as_u64().unwrap()
}

#[tokio::test]
async fn after_a_write_nobody_sees_the_old_value_in_a_thousand_interleavings() {
    let shelf = Arc::new(Shelf::default());
    let service = Stub::start(Router::new().fallback(answer).with_state(Arc::clone(&shelf))).await;
    let directory = tempfile::tempdir().unwrap();
    world::write(Path::new(directory.path()), &service.url(), "", world::ROUTES);
    let gateway = Gateway::of_threads(directory, 2);
    let (mut kept, mut slow, mut written_slowly) = (0, 0, 0);
    for round in 0..ROUNDS {
        let bits = world::random(round);
        if bits & 3 != 0 {
            // Nothing is kept, so that reading has to ask.
            gateway.caller().post("/api/v1/things", &json!({})).await.expect(200);
        }
        shelf.slow.store(bits >> 8, Ordering::SeqCst);
        let before: Vec<_> = (0..=bits >> 2 & 3).map(|_| tokio::spawn(value(gateway.caller()))).collect();
        // They are on their way when they are answered, or wait in the service.
        let on_their_way =
            || shelf.waits.load(Ordering::SeqCst) > 0 || before.iter().all(|reader| reader.is_finished());
        until("readers are on their way", on_their_way).await;
        slow += u64::from(shelf.waits.load(Ordering::SeqCst) > 0);
        if bits & 16 != 0 {
            shelf.gate.0.add_permits(1);
        }
        let step = (bits >> 40) % 3;
        shelf.slow_write.store(step, Ordering::SeqCst);
        let path = if bits & 128 != 0 { ("POST", "/api/v1/things") } else { ("PUT", "/api/v1/things/1") };
        let write = tokio::spawn(gateway.caller().call(path.0.parse().unwrap(), path.1).json(&json!({})).into_future());
        let mut during = Vec::new();
        if step > 0 {
            until("the write is at its service", || shelf.writes_wait.load(Ordering::SeqCst) == 1).await;
            during.push(tokio::spawn(value(gateway.caller())));
            written_slowly += 1;
            shelf.write_gate.0.add_permits(1);
        }
        let written = write.await.unwrap().expect(200).json()["value"].as_u64().unwrap();
        shelf.slow_write.store(0, Ordering::SeqCst);
        let after: Vec<_> = (0..2).map(|_| tokio::spawn(value(gateway.caller()))).collect();
        shelf.gate.0.add_permits(64);
        for reader in after {
            let seen = reader.await.unwrap();
            assert!(seen >= written, "round {round}: {seen} was seen after {written} had been written");
        }
        for reader in before.into_iter().chain(during) {
            reader.await.unwrap();
        }
        kept += u64::from(gateway.caller().get("/api/v1/things/1").await.header("cache-status").contains("hit"));
        let unused = shelf.gate.0.available_permits();
        shelf.gate.0.forget_permits(unused);
    }
    assert!(kept > ROUNDS / 2, "answers were kept in {kept} of {ROUNDS} rounds, so this says little");
    assert!(written_slowly > ROUNDS / 2, "a write was slow in {written_slowly} of {ROUNDS} rounds");
    assert!(slow > ROUNDS / 4, "a reader was slow in {slow} of {ROUNDS} rounds, so this says little");
}
