//! A call over the network: HTTP/1.1 on pooled connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::header::HOST;
use http::uri::Scheme;
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::body::{RequestBody, ResponseBody};
use crate::failure::{Failure, InvalidTarget};
use crate::io::Socket;
use crate::pool::{Lease, Pool};
use crate::within;

/// Pools index their connections by the number of the target; a number is never used twice in a process.
static NEXT_TARGET: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug)]
pub(crate) struct Remote {
    targets: Vec<Target>,
    turn: AtomicUsize,
    connect_timeout: Duration,
}

#[derive(Debug)]
struct Target {
    number: usize,
    address: String,
    host: HeaderValue,
    in_flight: Arc<AtomicUsize>,
}

impl Remote {
    pub(crate) fn new(urls: &[Uri], connect_timeout: Duration) -> Result<Self, InvalidTarget> {
        if urls.is_empty() {
            return Err(InvalidTarget::Missing);
        }
        let targets = urls.iter().map(Target::new).collect::<Result<_, _>>()?;
        Ok(Self { targets, turn: AtomicUsize::new(0), connect_timeout })
    }

    pub(crate) async fn send(
        &self,
        pool: &Pool,
        mut request: Request<RequestBody>,
        deadline: Instant,
    ) -> Result<Response<ResponseBody>, Failure> {
        let target = self.choose()?;
        let _busy = Busy::new(&target.in_flight);
        *request.version_mut() = Version::HTTP_11;
        request.headers_mut().insert(HOST, target.host.clone());
        let sent = request.body().sent();
        loop {
            let (mut sender, reused) = match pool.take(target.number) {
                Some(sender) => (sender, true),
                None => (self.connect(target, deadline).await?, false),
            };
            match exchange(&mut sender, request, deadline).await {
                Ok(response) => {
                    // After 101 the connection speaks another protocol and belongs to whoever takes the upgrade.
                    let reusable = response.status() != StatusCode::SWITCHING_PROTOCOLS;
                    let lease = reusable.then(|| Lease { pool: pool.clone(), target: target.number, sender, sent });
                    return Ok(response.map(|body| ResponseBody::connection(body, lease)));
                }
                // A pooled connection that its server had closed: not a byte of this request was sent.
                Err(Broken::Unsent(unsent)) if reused => request = *unsent,
                Err(Broken::Unsent(_)) => return Err(Failure::ConnectionTerminated),
                Err(Broken::Failed(failure)) => return Err(failure),
            }
        }
    }

    /// The less loaded of two different targets chosen at random ("power of two choices", Mitzenmacher 2001).
    fn choose(&self) -> Result<&Target, Failure> {
        let count = self.targets.len();
        if count < 2 {
            return self.targets.first().ok_or(Failure::Unreachable);
        }
        let random = mixed(self.turn.fetch_add(1, Ordering::Relaxed));
        let first = random % count;
        let second = (first + 1 + (random >> 32) % (count - 1)) % count;
        match (self.targets.get(first), self.targets.get(second)) {
            (Some(first), Some(second)) if second.load() < first.load() => Ok(second),
            (Some(first), _) => Ok(first),
            (None, _) => Err(Failure::Unreachable),
        }
    }

    #[allow(clippy::disallowed_methods, reason = "the driver of a connection ends with the connection")]
    async fn connect(&self, target: &Target, deadline: Instant) -> Result<SendRequest<RequestBody>, Failure> {
        let until = deadline.min(Instant::now() + self.connect_timeout);
        let stream = match within(until, open(&target.address)).await {
            Err(Failure::ResponseTimeout) => return Err(Failure::ConnectionTimeout),
            opened => opened?,
        };
        let (sender, connection) = http1::Builder::new()
            .handshake(Socket(TokioIo::new(stream)))
            .await
            .map_err(|error| Failure::of_exchange(&error))?;
        tokio::spawn(async move {
            // Whoever waits for an answer is told by hyper; nobody else can use the reason.
            let _ended = connection.with_upgrades().await;
        });
        Ok(sender)
    }
}

impl Target {
    fn new(url: &Uri) -> Result<Self, InvalidTarget> {
        if url.scheme() != Some(&Scheme::HTTP) {
            return Err(InvalidTarget::Scheme(url.to_string()));
        }
        if url.path_and_query().is_some_and(|path| path.as_str() != "/") {
            return Err(InvalidTarget::Path(url.to_string()));
        }
        let authority = url.authority().ok_or_else(|| InvalidTarget::Host(url.to_string()))?;
        Ok(Self {
            number: NEXT_TARGET.fetch_add(1, Ordering::Relaxed),
            address: format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80)),
            host: HeaderValue::from_str(authority.as_str()).map_err(|_| InvalidTarget::Host(url.to_string()))?,
            in_flight: Arc::default(),
        })
    }

    fn load(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }
}

/// Spreads a counter over all its bits (SplitMix64, Steele et al. 2014): random enough to choose a target.
fn mixed(turn: usize) -> usize {
    let mut bits = (turn as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 31)) as usize
}

async fn open(address: &str) -> Result<TcpStream, Failure> {
    let mut failure = Failure::Dns;
    for address in tokio::net::lookup_host(address).await.map_err(|_| Failure::Dns)? {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // Small writes of a request must not wait for an acknowledgement.
                let _unsupported = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => failure = Failure::of_connect(&error),
        }
    }
    Err(failure)
}

enum Broken {
    /// hyper handed the request back: it may be sent again.
    Unsent(Box<Request<RequestBody>>),
    Failed(Failure),
}

async fn exchange(
    sender: &mut SendRequest<RequestBody>,
    request: Request<RequestBody>,
    deadline: Instant,
) -> Result<Response<Incoming>, Broken> {
    if !sender.is_ready() {
        match tokio::time::timeout_at(deadline.into(), sender.ready()).await {
            Ok(Ok(())) => {}
            Ok(Err(_closed)) => return Err(Broken::Unsent(Box::new(request))),
            Err(_elapsed) => return Err(Broken::Failed(Failure::ResponseTimeout)),
        }
    }
    match tokio::time::timeout_at(deadline.into(), sender.try_send_request(request)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(mut error)) => Err(match error.take_message() {
            Some(unsent) => Broken::Unsent(Box::new(unsent)),
            None => Broken::Failed(Failure::of_exchange(error.error())),
        }),
        Err(_elapsed) => Err(Broken::Failed(Failure::ResponseTimeout)),
    }
}

/// Counts a call while its head is awaited.
struct Busy(Arc<AtomicUsize>);

impl Busy {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_busiest_of_several_targets_is_never_chosen_and_every_other_one_is() {
        let urls: Vec<Uri> = (1..=3).map(|port| format!("http://127.0.0.1:{port}").parse().unwrap()).collect();
        let remote = Remote::new(&urls, Duration::from_secs(1)).unwrap();
        let _busy = Busy::new(&remote.targets[1].in_flight);
        let chosen: Vec<usize> = (0..200).map(|_| remote.choose().unwrap().number).collect();
        let times = |target: usize| chosen.iter().filter(|number| **number == remote.targets[target].number).count();
        assert_eq!(times(1), 0);
        assert!(times(0) > 50 && times(2) > 50, "{} and {}", times(0), times(2));
    }
}
