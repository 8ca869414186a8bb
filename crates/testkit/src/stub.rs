//! Upstreams that behave: they count their calls and remember what they were sent, without holding a body back.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::{HeaderMap, Method, Uri};
use http_body_util::BodyExt;
use tokio::net::TcpListener;

const KEPT: usize = 64 * 1024;

/// One request as an upstream received it.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its method.
    pub method: Method,
    /// Its target, as sent.
    pub uri: Uri,
    /// Its header fields.
    pub headers: HeaderMap,
    /// The first 64 KiB of its body, as far as it was read.
    pub body: Vec<u8>,
    /// Its trailer fields, if it had any.
    pub trailers: Option<HeaderMap>,
}

impl Recorded {
    /// A header's value; empty if it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header in ASCII"))
    }
}

/// An upstream on a port of its own; it stops when it is dropped.
#[derive(Debug)]
pub struct Stub {
    address: SocketAddr,
    log: Log,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Clone, Debug, Default)]
struct Log {
    requests: Arc<Mutex<Vec<Recorded>>>,
    calls: Arc<AtomicUsize>,
}

impl Stub {
    /// Serves this router on a free port.
    pub async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let log = Log::default();
        let router = router.layer(from_fn_with_state(log.clone(), record));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("a server");
        });
        Self { address, log, server }
    }

    /// Answers every request with this status, media type and body.
    pub async fn answering(status: u16, media_type: &'static str, body: &'static str) -> Self {
        let status = http::StatusCode::from_u16(status).expect("a status");
        let answer = move || async move { (status, [("content-type", media_type)], body) };
        Self::start(Router::new().fallback(answer)).await
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as a base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests have arrived.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.log.calls.load(Ordering::SeqCst)
    }

    /// The requests that have arrived, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.log.lock().clone()
    }

    /// The last request; fails the test if none has arrived.
    #[must_use]
    pub fn last(&self) -> Recorded {
        self.log.lock().last().cloned().expect("a request arrived")
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Log {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Recorded>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn record(State(log): State<Log>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    log.calls.fetch_add(1, Ordering::SeqCst);
    let index = {
        let mut requests = log.lock();
        requests.push(Recorded {
            method: head.method.clone(),
            uri: head.uri.clone(),
            headers: head.headers.clone(),
            body: Vec::new(),
            trailers: None,
        });
        requests.len() - 1
    };
    let body = body.map_frame(move |frame| {
        let mut requests = log.lock();
        if let Some(data) = frame.data_ref() {
            let room = KEPT.saturating_sub(requests[index].body.len());
            requests[index].body.extend_from_slice(&data[..data.len().min(room)]);
        } else if let Some(trailers) = frame.trailers_ref() {
            requests[index].trailers = Some(trailers.clone());
        }
        frame
    });
    next.run(Request::from_parts(head, Body::new(body))).await
}
