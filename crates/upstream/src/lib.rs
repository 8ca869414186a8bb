//! Sends a request to a named service, by network or in process, within a deadline, and says why it failed.
//!
//! An [`Upstream`] is either a router of this process or one or more base URLs; nothing above it can tell which.
//! Both kinds see the same bytes: a local call rebuilds the request from method, URI, headers and body, so an
//! extension never crosses, and both kinds report failures as the same [`Failure`].
//!
//! Connections live in a [`Pool`]. A pool belongs to one runtime: a connection is driven by the reactor that opened
//! it, so each data-plane thread has a pool of its own and the service runtime has another.
//!
//! A [`Policy`] says how calls are guarded, for both kinds alike: one retry where it is safe, within a budget; a breaker per
//! target, which with several targets is also what ejects an outlier; so many calls in flight and no more. [`Terms`] say how
//! long one call may take, and how large an answer may be that is complete when it is handed on.
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

mod added;
mod attempt;
mod body;
mod breaker;
mod bulkhead;
mod choose;
mod clock;
mod failure;
mod kept;
mod local;
mod policy;
mod pool;
mod remote;
mod retry;
mod target;
mod terms;
mod window;
mod wire;
mod witness;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Limited};
use tokio::runtime::Handle;

pub use added::Field;
pub use attempt::{Answer, TIMEOUT};
pub use body::{BoxError, RequestBody, ResponseBody};
pub use breaker::BreakerState;
pub use bulkhead::{Bulkhead, Place};
pub use failure::{Failure, InvalidTarget};
pub use policy::Policy;
pub use pool::Pool;
pub use remote::KEEPALIVE;
pub use retry::is_idempotent;
pub use target::TargetState;
pub use terms::Terms;
pub use wire::Upgraded;
pub use witness::Witness;

use added::Added;
use breaker::Pace;
use choose::Wish;
use clock::{millis, now_ms};
use retry::Budget;
use target::Target;

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
    kind: Arc<Kind>,
    severed: Arc<AtomicBool>,
    policy: Policy,
    bulkhead: Bulkhead,
    /// For requests that stream in: a client that is slow to send one must not take the place of others.
    uploads: Bulkhead,
    budget: Budget,
    targets: Vec<Arc<Target>>,
    turn: AtomicU64,
}

#[derive(Debug)]
enum Kind {
    Local(local::Local),
    Remote(remote::Remote),
}

/// What an operator sees of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamState {
    /// Calls that wait for an answer.
    pub in_flight: usize,
    /// Calls that were made a second time, since the start.
    pub retries: u64,
    /// Its targets, in their order.
    pub targets: Vec<TargetState>,
}

impl Upstream {
    /// A service of this process. Each call runs as a task on `runtime`, the service runtime.
    pub fn local(name: impl Into<Box<str>>, router: Router, runtime: Handle) -> Self {
        Self::new(name.into(), Kind::Local(local::Local::new(router, runtime)))
    }

    /// A service behind base URLs (`http://host:port`), under the default [`Policy`]. With several, each call goes to the
    /// less loaded of two chosen at random among those that are not left alone.
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
        Self(Arc::new(Inner::new(name, Arc::new(kind), Arc::default(), Policy::default())))
    }

    /// The same service under another policy, with breakers, budget and places of its own. Severing one severs both.
    #[must_use]
    pub fn with_policy(&self, policy: Policy) -> Self {
        let Inner { name, kind, severed, .. } = &*self.0;
        Self(Arc::new(Inner::new(name.clone(), Arc::clone(kind), Arc::clone(severed), policy)))
    }

    /// The service's name, as in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether the service runs in this process.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.0.is_local()
    }

    /// What is under way, and how its targets are.
    #[must_use]
    pub fn state(&self) -> UpstreamState {
        UpstreamState {
            in_flight: self.0.bulkhead.in_flight() + self.0.uploads.in_flight(),
            retries: self.0.budget.total(),
            targets: self.0.targets.iter().map(|target| target.state()).collect(),
        }
    }

    /// Cuts the service off, or mends it: a severed upstream refuses every call like a host on which nothing
    /// listens. This is how tests stop either kind; so what is mended is called at once, without a wait for its breaker.
    pub fn sever(&self, severed: bool) {
        self.0.severed.store(severed, Ordering::SeqCst);
        if !severed {
            self.0.targets.iter().for_each(|target| target.breaker().reset(now_ms()));
        }
    }

    /// Sends `request` and waits for the head of the answer within `terms`; the body streams, unless it is small enough
    /// to be collected.
    ///
    /// The request's URI is its path and query; `Host` is set here. It stays in its place while it is sent, because it is large,
    /// and nothing is promised of what is left of it. Dropping the future cancels the call, dropping the answer's body unread
    /// closes its connection.
    ///
    /// # Errors
    ///
    /// A [`Failure`] that says what went wrong before a complete head, or a small body, had arrived.
    pub fn send<'a>(
        &'a self,
        pool: &'a Pool,
        request: &'a mut Request<RequestBody>,
        terms: Terms<'a>,
    ) -> impl Future<Output = Result<Answer, Failure>> + Send + 'a {
        retry::send(&self.0, pool, request, terms)
    }

    /// Asks one target, by its place in [`UpstreamState::targets`], whether it is well, until `deadline`. One that has
    /// failed twice in a row gets no calls until it is, as long as another one is well.
    pub async fn check(&self, pool: &Pool, target: usize, path: &Uri, deadline: Instant) {
        let mut request = Request::new(RequestBody::Empty);
        *request.uri_mut() = path.clone();
        let answered = match (&*self.0.kind, self.0.is_severed()) {
            (_, true) => None,
            (Kind::Local(local), _) => within(deadline, local.send(request)).await.ok().map(Box::new),
            (Kind::Remote(remote), _) => remote.send(pool, target, &mut request, Added::default(), deadline).await.ok(),
        };
        if let Some(target) = self.0.targets.get(target) {
            target.checked(answered.is_some_and(|response| response.status().is_success()));
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
        let terms = Terms::until(deadline).telling().collecting(CALL_LIMIT as u64);
        let response = self.send(pool, &mut request.map(RequestBody::from), terms).await?;
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

impl Inner {
    fn new(name: Box<str>, kind: Arc<Kind>, severed: Arc<AtomicBool>, policy: Policy) -> Self {
        let pause = policy.breaker.then(|| millis(policy.breaker_pause));
        let target = |label: &str| Arc::new(Target::new(label, pause));
        let targets = match &*kind {
            Kind::Local(_) => vec![target("local")],
            Kind::Remote(remote) => remote.labels().map(target).collect(),
        };
        let [bulkhead, uploads] = [(); 2].map(|()| Bulkhead::new(policy.max_in_flight));
        let (budget, turn) = (Budget::default(), AtomicU64::new(0));
        Self { name, kind, severed, policy, bulkhead, uploads, budget, targets, turn }
    }

    fn is_local(&self) -> bool {
        matches!(*self.kind, Kind::Local(_))
    }

    /// Where the calls of these terms have their places.
    fn bulkhead(&self, terms: &Terms<'_>) -> &Bulkhead {
        if terms.is_upload() { &self.uploads } else { &self.bulkhead }
    }

    fn is_severed(&self) -> bool {
        self.severed.load(Ordering::Relaxed)
    }

    /// A number that differs from call to call.
    fn turn(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }

    fn wish(&self, avoid: Option<usize>, probes: bool, pace: Pace) -> Wish {
        // A single target leaves no choice, so its calls need not count turns.
        let turn = if self.targets.len() > 1 { self.turn() } else { 0 };
        Wish { now: now_ms(), turn, avoid, probes, pace }
    }

    /// The attempts of the last ten seconds.
    fn attempts(&self) -> u64 {
        let now = now_ms();
        self.targets.iter().map(|target| target.breaker().window().counted(now).calls).sum()
    }
}

/// Runs `call` until `deadline`; what is not done by then is [`Failure::ResponseTimeout`].
async fn within<T>(deadline: Instant, call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match tokio::time::timeout_at(deadline.into(), call).await {
        Ok(result) => result,
        Err(_elapsed) => Err(Failure::ResponseTimeout),
    }
}
