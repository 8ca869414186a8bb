//! A server that speaks S3, as far as pictures need it: one bucket in memory, for whoever signs as it wants (Signature Version 4).
//!
//! | request | what it is |
//! | --- | --- |
//! | `PUT`, `GET`, `HEAD`, `DELETE /BUCKET/KEY` | an object; `Range` gives a piece of it |
//! | `GET /BUCKET?list-type=2` | a page of what there is, with `prefix`, `delimiter` and `continuation-token` |
//! | `POST /BUCKET?delete` | removes up to 1,000 objects at once |
//!
//! Everything else is answered as not implemented, so that nobody takes this for more than it is. What it answers is that of the S3 API
//! reference; what it refuses is `<Error>` with a code of there.

mod answer;
mod objects;
mod signature;

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    response::Response,
};
use http::Method;
use http_body_util::BodyExt as _;

use crate::{Recorded, Stub};
use answer::Refusal;
use objects::Objects;

/// Who may come in.
pub const ACCESS_KEY_ID: &str = "AGORATESTS";
/// How they sign.
pub const SECRET_ACCESS_KEY: &str = "not/a+secret";
/// Where it says to be.
pub const REGION: &str = "eu-test-1";

/// How it is with the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// It does what it is asked.
    #[default]
    Well,
    /// It answers everything with 500, and does nothing.
    Failing,
    /// It reads every request and never says a word.
    Silent,
}

/// The server; it stops when it is dropped.
#[derive(Debug)]
pub struct S3 {
    stub: Stub,
    state: Inside,
}

#[derive(Clone, Debug)]
struct Inside {
    bucket: Arc<str>,
    objects: Arc<Mutex<Objects>>,
    mood: Arc<Mutex<Mood>>,
}

impl S3 {
    /// Starts one with an empty bucket of this name.
    pub async fn start(bucket: &str) -> Self {
        let state = Inside { bucket: bucket.into(), objects: Arc::default(), mood: Arc::default() };
        let stub = Stub::start(Router::new().fallback(serve).with_state(state.clone())).await;
        Self { stub, state }
    }

    /// Where it listens, as a base URL without the bucket.
    #[must_use]
    pub fn url(&self) -> String {
        self.stub.url()
    }

    /// From the next request on, it is like this.
    pub fn set(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    /// From now on, a list has so many entries at a time; 1,000 at first.
    pub fn page(&self, entries: usize) {
        self.state.objects().page = entries;
    }

    /// The keys that there are, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.state.objects().all.keys().cloned().collect()
    }

    /// An object, if it is there.
    #[must_use]
    pub fn object(&self, key: &str) -> Option<Bytes> {
        self.state.objects().all.get(key).map(|object| object.bytes.clone())
    }

    /// Puts an object there, as somebody else would.
    pub fn put(&self, key: &str, bytes: &'static [u8]) {
        self.state.objects().put(key, Bytes::from_static(bytes));
    }

    /// The requests with this method that have arrived, whatever became of them.
    #[must_use]
    pub fn asked(&self, method: &Method) -> Vec<Recorded> {
        self.stub.requests().into_iter().filter(|request| request.method == method).collect()
    }
}

impl Inside {
    fn objects(&self) -> std::sync::MutexGuard<'_, Objects> {
        self.objects.lock().unwrap()
    }
}

async fn serve(State(inside): State<Inside>, request: Request) -> Response {
    let mood = *inside.mood.lock().unwrap();
    match mood {
        Mood::Well => answer(&inside, request).await.unwrap_or_else(Refusal::response),
        Mood::Failing => answer::INTERNAL.response(),
        Mood::Silent => std::future::pending().await,
    }
}

async fn answer(inside: &Inside, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let body = Body::collect(body).await.map_err(|_| answer::INCOMPLETE)?.to_bytes();
    signature::check(&head, &body)?;
    let path = signature::decoded(head.uri.path());
    let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    if *bucket != *inside.bucket {
        return Err(answer::NO_BUCKET);
    }
    let query = signature::pairs(head.uri.query().unwrap_or_default());
    let mut objects = inside.objects();
    match (head.method, key) {
        (Method::GET, "") => objects.list(&query),
        (Method::POST, "") if query.iter().any(|(name, _)| name == "delete") => {
            objects.remove_all(&head.headers, &body)
        }
        (_, "") => Err(answer::NOT_IMPLEMENTED),
        _ if !query.is_empty() => Err(answer::NOT_IMPLEMENTED),
        (Method::PUT, key) => Ok(objects.put(key, body)),
        (Method::GET | Method::HEAD, key) => objects.get(key, &head.headers),
        (Method::DELETE, key) => Ok(objects.remove(key)),
        _ => Err(answer::NOT_IMPLEMENTED),
    }
}
