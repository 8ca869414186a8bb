//! Callers that speak JSON: one builder per request, one connection per request, and an [`Answer`] that knows what a problem document is.
//!
//! A caller made by [`Caller::recorded`] appends every answer to the list of what the suite has seen ([`crate::seen`]).

mod answer;
mod connection;

use std::collections::BTreeMap;
use std::future::{Future, IntoFuture};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response};
use hyper::body::Incoming;
use serde_json::Value;

pub use answer::Answer;
pub use connection::{Body, Connection, body, full};

const PATIENCE: Duration = Duration::from_secs(30);

/// Someone who calls the API: an address, the headers sent with each request, and a cookie jar.
#[derive(Clone, Debug)]
pub struct Caller {
    address: SocketAddr,
    headers: http::HeaderMap,
    cookies: Option<Arc<Mutex<BTreeMap<String, String>>>>,
    recorded: bool,
}

impl Caller {
    /// A caller without identity whose answers are not recorded.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self { address, headers: http::HeaderMap::new(), cookies: None, recorded: false }
    }

    /// A caller without identity whose answers are checked against the public document and recorded.
    #[must_use]
    pub fn recorded(address: SocketAddr) -> Self {
        Self { recorded: true, ..Self::new(address) }
    }

    /// The same caller with a bearer token.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        self.with_header("authorization", &format!("Bearer {token}"))
    }

    /// The same caller sending one more header with each request.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(
            HeaderName::try_from(name).expect("a header name"),
            HeaderValue::try_from(value).expect("a header value"),
        );
        self
    }

    /// The same caller with a cookie jar of its own, as a browser has one.
    #[must_use]
    pub fn with_cookies(mut self) -> Self {
        self.cookies = Some(Arc::default());
        self
    }

    /// What the cookie jar holds under `name`.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        let jar = self.cookies.as_ref()?.lock().unwrap();
        jar.get(name).cloned()
    }

    /// Where this caller sends its requests.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A GET request.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// A POST request with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.call(Method::POST, path).json(body)
    }

    /// A PUT request with a JSON body.
    pub fn put(&self, path: &str, body: &Value) -> Call {
        self.call(Method::PUT, path).json(body)
    }

    /// A PATCH request with a JSON body.
    pub fn patch(&self, path: &str, body: &Value) -> Call {
        self.call(Method::PATCH, path).json(body)
    }

    /// A DELETE request.
    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    /// A request of any method, without a body.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let mut request = Request::builder().method(method).uri(path).body(Bytes::new()).expect("a request");
        request.headers_mut().clone_from(&self.headers);
        Call { caller: self.clone(), request }
    }

    fn add_cookies(&self, headers: &mut http::HeaderMap) {
        let Some(jar) = &self.cookies else { return };
        let jar = jar.lock().unwrap();
        if jar.is_empty() {
            return;
        }
        let pairs: Vec<_> = jar.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let value = HeaderValue::try_from(pairs.join("; ")).expect("cookies");
        headers.insert(http::header::COOKIE, value);
    }

    fn keep_cookies(&self, headers: &http::HeaderMap) {
        let Some(jar) = &self.cookies else { return };
        let mut jar = jar.lock().unwrap();
        for cookie in headers.get_all(http::header::SET_COOKIE) {
            let cookie = cookie.to_str().expect("a cookie in ASCII");
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            if value.is_empty() || cookie.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// One request being put together; awaiting it sends it.
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct Call {
    caller: Caller,
    request: Request<Bytes>,
}

impl Call {
    /// Sets one header, replacing the caller's own.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request.headers_mut().insert(
            HeaderName::try_from(name).expect("a header name"),
            HeaderValue::try_from(value).expect("a header value"),
        );
        self
    }

    /// Removes one of the caller's headers.
    pub fn without(mut self, name: &str) -> Self {
        self.request.headers_mut().remove(name);
        self
    }

    /// Sets the bearer token of this request only.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sends these bytes as this media type.
    pub fn body(mut self, media_type: &str, body: impl Into<Bytes>) -> Self {
        *self.request.body_mut() = body.into();
        self.header("content-type", media_type)
    }

    /// Sends a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Sends a form.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
        self.body("application/x-www-form-urlencoded", pairs.join("&"))
    }

    /// Sends the request and collects the answer; an error if no complete answer came.
    ///
    /// # Errors
    /// That nobody listens there, or that the connection broke.
    pub async fn try_send(mut self) -> io::Result<Answer> {
        let started = Instant::now();
        let caller = self.caller.clone();
        caller.add_cookies(self.request.headers_mut());
        let method = self.request.method().clone();
        let path = self.request.uri().path().to_owned();
        let connection = Connection::try_open(caller.address).await?;
        let exchange = connection.exchange(self.request.map(full));
        let answer = tokio::time::timeout(PATIENCE, exchange)
            .await
            .unwrap_or_else(|_| panic!("{method} {path}: no answer within {PATIENCE:?}"))
            .map_err(io::Error::other)?;
        let answer = Answer::new(method, path, started.elapsed(), answer);
        caller.keep_cookies(&answer.headers);
        if caller.recorded {
            crate::seen::record(&answer);
        }
        Ok(answer)
    }

    /// Sends the request and returns as soon as the head is there; the body is read by the caller, and not recorded.
    pub async fn open(self) -> Response<Incoming> {
        let connection = Connection::open(self.caller.address).await;
        let head = connection.send(self.request.map(full));
        tokio::time::timeout(PATIENCE, head).await.expect("a head in time").expect("a head")
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let line = format!("{} {}", self.request.method(), self.request.uri());
            self.try_send().await.unwrap_or_else(|error| panic!("{line}: {error:?}"))
        })
    }
}

/// Percent-encodes everything but unreserved characters.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
