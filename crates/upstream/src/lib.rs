//! Sends a request to a named service, by network or in process, within a deadline, and says why it failed.
//!
//! An [`Upstream`] is either a router of this process or one or more base URLs; nothing above it can tell which.
//! Both kinds see the same bytes: a local call rebuilds the request from method, URI, headers and body, so an
//! extension never crosses, and both kinds report failures as the same [`Failure`].
//!
//! Connections live in a [`Pool`]. A pool belongs to one runtime: a connection is driven by the reactor that opened
//! it, so each data-plane thread has a pool of its own and the service runtime has another.
//!
//! ```
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
//! use std::time::{Duration, Instant};
//! use axum::{Router, routing::get};
//! use upstream::{Pool, Upstream};
//!
//! let router = Router::new().route("/hello", get(|| async { "hello" }));
//! let greeter = Upstream::local("greeter", router, tokio::runtime::Handle::current());
//! let request = http::Request::get("/hello").body(bytes::Bytes::new()).unwrap();
//! let response = greeter.call(&Pool::new(), request, Instant::now() + Duration::from_secs(1)).await.unwrap();
//! assert_eq!(response.body(), "hello");
//! # });
//! ```

mod body;
mod failure;
mod io;
mod local;
mod pool;
mod remote;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Limited};
use tokio::runtime::Handle;

pub use body::{BoxError, RequestBody, ResponseBody};
pub use failure::{Failure, InvalidTarget};
pub use pool::Pool;

/// The most bytes that [`Upstream::call`] collects of one answer.
pub const CALL_LIMIT: usize = 1024 * 1024;

/// How long a TCP connection may take to be established, unless [`Upstream::remote_within`] says otherwise.
pub const CONNECT_TIMEOUT: Duration = Duration::from_millis(300);

/// A named service: a router in this process, or base URLs.
#[derive(Clone, Debug)]
pub struct Upstream(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: Box<str>,
    kind: Kind,
    severed: AtomicBool,
}

#[derive(Debug)]
enum Kind {
    Local(local::Local),
    Remote(remote::Remote),
}

impl Upstream {
    /// A service of this process. Each call runs as a task on `runtime`, the service runtime.
    pub fn local(name: impl Into<Box<str>>, router: Router, runtime: Handle) -> Self {
        Self::new(name.into(), Kind::Local(local::Local::new(router, runtime)))
    }

    /// A service behind base URLs (`http://host:port`). With several, each call goes to the less loaded of two
    /// chosen at random.
    ///
    /// # Errors
    ///
    /// [`InvalidTarget`] where the list is empty or a URL is not `http` with a host and no path of its own.
    pub fn remote(name: impl Into<Box<str>>, urls: &[Uri]) -> Result<Self, InvalidTarget> {
        Self::remote_within(name, urls, CONNECT_TIMEOUT)
    }

    /// Like [`Upstream::remote`], with a limit of its own for establishing a connection.
    ///
    /// # Errors
    ///
    /// As for [`Upstream::remote`].
    pub fn remote_within(name: impl Into<Box<str>>, urls: &[Uri], connect: Duration) -> Result<Self, InvalidTarget> {
        Ok(Self::new(name.into(), Kind::Remote(remote::Remote::new(urls, connect)?)))
    }

    fn new(name: Box<str>, kind: Kind) -> Self {
        Self(Arc::new(Inner { name, kind, severed: AtomicBool::new(false) }))
    }

    /// The service's name, as in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether the service runs in this process.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.0.kind, Kind::Local(_))
    }

    /// Cuts the service off, or mends it: a severed upstream refuses every call like a host on which nothing
    /// listens. This is how tests stop either kind.
    pub fn sever(&self, severed: bool) {
        self.0.severed.store(severed, Ordering::SeqCst);
    }

    /// Sends `request` and waits for the head of the answer until `deadline`; the body streams.
    ///
    /// The request's URI is its path and query; `Host` is set here. Dropping the future cancels the call, dropping
    /// the answer's body unread closes its connection.
    ///
    /// # Errors
    ///
    /// A [`Failure`] that says what went wrong before a complete head had arrived.
    pub async fn send(
        &self,
        pool: &Pool,
        request: Request<RequestBody>,
        deadline: Instant,
    ) -> Result<Response<ResponseBody>, Failure> {
        if self.0.severed.load(Ordering::Relaxed) {
            return Err(Failure::ConnectionRefused);
        }
        match &self.0.kind {
            Kind::Local(local) => within(deadline, local.send(request)).await,
            Kind::Remote(remote) => remote.send(pool, request, deadline).await,
        }
    }

    /// Sends a buffered request and collects the whole answer (at most [`CALL_LIMIT`] bytes) until `deadline`.
    ///
    /// # Errors
    ///
    /// As for [`Upstream::send`]; a body that stalls or breaks is [`Failure::ResponseIncomplete`], one that is too
    /// large is [`Failure::ResponseTooLarge`].
    pub async fn call(
        &self,
        pool: &Pool,
        request: Request<Bytes>,
        deadline: Instant,
    ) -> Result<Response<Bytes>, Failure> {
        let response = self.send(pool, request.map(RequestBody::from), deadline).await?;
        let (head, body) = response.into_parts();
        let collect = async {
            Limited::new(body, CALL_LIMIT).collect().await.map_err(|error| {
                if error.is::<http_body_util::LengthLimitError>() {
                    Failure::ResponseTooLarge
                } else {
                    Failure::ResponseIncomplete
                }
            })
        };
        match within(deadline, collect).await {
            Ok(collected) => Ok(Response::from_parts(head, collected.to_bytes())),
            Err(Failure::ResponseTimeout) => Err(Failure::ResponseIncomplete),
            Err(failure) => Err(failure),
        }
    }
}

/// Runs `call` until `deadline`; what is not done by then is [`Failure::ResponseTimeout`].
async fn within<T>(deadline: Instant, call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match tokio::time::timeout_at(deadline.into(), call).await {
        Ok(result) => result,
        Err(_elapsed) => Err(Failure::ResponseTimeout),
    }
}
