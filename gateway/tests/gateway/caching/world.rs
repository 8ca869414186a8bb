//! A gateway whose routes keep answers, over a service that plays what it is told and says whom it saw.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::Method;
use principal::Verifier;
use serde_json::json;
use testkit::{Answer, Call, Caller, Stub};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

pub(crate) use super::files::{ROUTES, write};
use crate::tokens::forge::Forger;
use crate::{Gateway, internal_key};

/// What the service answers at a path: a status, fields and a body.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Played {
    pub(crate) fn ok(control: &str) -> Self {
        Self { status: 200, fields: Vec::new(), body: String::new() }.with("cache-control", control)
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.fields.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    pub(crate) fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }
}

/// What the service does.
#[derive(Default)]
pub(crate) struct Script {
    played: Mutex<HashMap<String, Played>>,
    /// Paths that are answered only when a permit is given.
    gates: Mutex<HashMap<String, Arc<Semaphore>>>,
    version: AtomicU64,
}

impl Script {
    /// From now on the service answers so at this path.
    pub(crate) fn plays(&self, path: &str, played: Played) {
        self.played.lock().unwrap().insert(path.to_owned(), played);
    }

    /// From now on each answer at this path waits for a permit; the second half of its body, where `path` ends in ` rest`.
    pub(crate) fn gate(&self, path: &str) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.gates.lock().unwrap().insert(path.to_owned(), Arc::clone(&gate));
        gate
    }

    async fn answer(&self, verifier: &Verifier, request: Request) -> Response {
        let (head, body) = request.into_parts();
        to_bytes(body, 64 * 1024).await.unwrap();
        let request = Request::from_parts(head, ());
        let path = request.uri().path().to_owned();
        let caller = verifier.verify(request.headers(), testkit_now());
        let seen = caller.map_or_else(
            |_| json!("nobody"),
            |caller| json!({ "sub": caller.sub, "sid": caller.sid, "roles": caller.roles }),
        );
        let query = request.uri().query().unwrap_or_default().to_owned();
        let played = self.played.lock().unwrap().get(&path).cloned().unwrap_or_else(|| Played::ok(""));
        let version = self.version.fetch_add(1, Ordering::SeqCst) + 1;
        let gate = self.gates.lock().unwrap().get(&path).cloned();
        if let Some(gate) = gate {
            gate.acquire().await.unwrap().forget();
        }
        let told = |name: &str| played.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
        let knows = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let holds = knows("if-none-match").is_some() && knows("if-none-match") == told("etag")
            || knows("if-modified-since").is_some() && knows("if-modified-since") == told("last-modified");
        let mut response = Response::builder().status(if holds && played.status == 200 { 304 } else { played.status });
        for (name, value) in &played.fields {
            response = response.header(name, value);
        }
        let document = json!({ "path": path, "query": query, "caller": seen, "version": version });
        let body = if played.body.is_empty() { document.to_string() } else { played.body };
        let typed = response.headers_ref().is_some_and(|headers| headers.contains_key("content-type"));
        let response = if typed { response } else { response.header("content-type", "application/json") };
        let rest = self.gates.lock().unwrap().get(&format!("{path} rest")).cloned();
        response.body(if holds { Body::empty() } else { body_of(body, rest) }).unwrap()
    }
}

fn body_of(body: String, rest: Option<Arc<Semaphore>>) -> Body {
    let Some(gate) = rest else { return Body::from(body) };
    let (first, second) = body.split_at(body.len() / 2);
    let (first, second) = (Bytes::copy_from_slice(first.as_bytes()), Bytes::copy_from_slice(second.as_bytes()));
    let held = async move {
        gate.acquire().await.unwrap().forget();
        Ok::<_, std::io::Error>(second)
    };
    Body::from_stream(futures_util::stream::once(async { Ok(first) }).chain(futures_util::stream::once(held)))
}

pub(crate) fn testkit_now() -> i64 {
    i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap()
}

pub(crate) struct World {
    pub(crate) gateway: Gateway,
    pub(crate) service: Stub,
    pub(crate) script: Arc<Script>,
    forger: Forger,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with("", "").await
    }

    /// With more in `gateway.toml`, and more routes.
    pub(crate) async fn with(settings: &str, routes: &str) -> Self {
        Self::made(settings, routes, 1).await
    }

    /// With so many threads that answer.
    pub(crate) async fn on_threads(threads: usize) -> Self {
        Self::made("", "", threads).await
    }

    async fn made(settings: &str, routes: &str, threads: usize) -> Self {
        let script = Arc::new(Script::default());
        let service = Stub::start(service(Arc::clone(&script))).await;
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), &service.url(), settings, &format!("{ROUTES}{routes}"));
        let gateway = Gateway::of_threads(directory, threads);
        let forger = Forger::new(&gateway.signing_key());
        Self { gateway, service, script, forger }
    }

    pub(crate) fn caller(&self) -> Caller {
        self.gateway.caller()
    }

    /// The user of this id, in a session of their own.
    pub(crate) fn user(&self, sub: &str) -> Caller {
        self.caller().with_token(&self.forger.issued(sub, &format!("session-of-{sub}"), &[]))
    }

    pub(crate) fn user_with(&self, sub: &str, sid: &str, roles: &[&str]) -> Caller {
        self.caller().with_token(&self.forger.issued(sub, sid, roles))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.caller().get(path).await
    }

    pub(crate) fn calls(&self) -> usize {
        self.service.calls()
    }

    /// The calls at this path of the service.
    pub(crate) fn calls_to(&self, path: &str) -> usize {
        self.service.requests().iter().filter(|request| request.uri.path() == path).count()
    }

    /// Changes a file of the configuration and has all of it read again.
    pub(crate) async fn reload(&self, file: &str, change: impl FnOnce(String) -> String) -> Answer {
        let path = self.gateway.files().join(file);
        std::fs::write(&path, change(std::fs::read_to_string(&path).unwrap())).unwrap();
        self.gateway.operator().call(Method::POST, "/reload").await
    }

    /// Sends this, and returns when the gateway has read it: it is served by one thread, which has answered a later request.
    pub(crate) async fn on_its_way(&self, call: Call) -> JoinHandle<Answer> {
        self.all_on_their_way(1, &call).await.remove(0)
    }

    /// The same for several who send the same.
    pub(crate) async fn all_on_their_way(&self, count: usize, call: &Call) -> Vec<JoinHandle<Answer>> {
        let sent = (0..count).map(|_| tokio::spawn(call.clone().into_future())).collect();
        self.get("/api/v1/plain/barrier").await.expect(200);
        sent
    }
}

/// Has the gateway keep an answer at `/api/v1` and this path, with these groups.
pub(crate) async fn keep(world: &World, path: &str, groups: &str) {
    world.script.plays(path, Played::ok("max-age=600").with("cache-groups", groups));
    let public = format!("/api/v1{path}");
    world.get(&public).await;
    assert_eq!(word(&world.get(&public).await), "hit");
}

/// Whether an answer is kept at `/api/v1` and this path.
pub(crate) async fn is_kept(world: &World, path: &str) -> bool {
    let answer = world.caller().with_header("cache-control", "only-if-cached").get(&format!("/api/v1{path}")).await;
    answer.status == 200
}

/// The word of the cache: `hit`, or why it asked.
pub(crate) fn word(answer: &Answer) -> String {
    let status = answer.header("cache-status");
    let rest = status.strip_prefix("agora; ").unwrap_or_else(|| panic!("no Cache-Status: {}", answer.sentence()));
    rest.split(';').next().unwrap_or_default().to_owned()
}

pub(crate) fn version(answer: &Answer) -> u64 {
    answer.json()["version"].as_u64().unwrap_or_else(|| panic!("no version: {}", answer.sentence()))
}

fn service(script: Arc<Script>) -> Router {
    let verifier =
        Arc::new(Verifier::new("things", vec![("gateway".to_owned(), internal_key().derive("gateway", "things"))]));
    Router::new().fallback(move |request: Request| {
        let (script, verifier) = (Arc::clone(&script), Arc::clone(&verifier));
        async move { script.answer(&verifier, request).await }
    })
}

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until this is so.
pub(crate) async fn wait(world: &World, what: &str, condition: impl Fn(&World) -> bool) {
    testkit::until(what, PATIENCE, || async { condition(world).then_some(()) }).await;
}

/// Waits until so much time is over since then.
pub(crate) async fn over(since: Instant, time: Duration) {
    testkit::until("the time is over", PATIENCE, || async { (since.elapsed() > time).then_some(()) }).await;
}

/// A number that looks like any other, and is the same in each run (SplitMix64, Steele et al. 2014).
pub(crate) fn random(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
