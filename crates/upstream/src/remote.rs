//! A call over the network: HTTP/1.1 on pooled connections.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::header::HOST;
use http::uri::Scheme;
use http::{HeaderValue, Response, StatusCode, Uri, Version};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::attempt::{Lost, Unsent};
use crate::body::{RequestBody, ResponseBody};
use crate::failure::{Failure, InvalidTarget};
use crate::io::Socket;
use crate::pool::{Lease, Pool};
use crate::within;

/// Pools index their connections by the number of the target; a number is never used twice in a process.
static NEXT_TARGET: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug)]
pub(crate) struct Remote {
    targets: Vec<Address>,
    connect_timeout: Duration,
}

#[derive(Debug)]
struct Address {
    number: usize,
    address: String,
    host: HeaderValue,
}

impl Remote {
    pub(crate) fn new(urls: &[Uri], connect_timeout: Duration) -> Result<Self, InvalidTarget> {
        if urls.is_empty() {
            return Err(InvalidTarget::Missing);
        }
        let targets = urls.iter().map(Address::new).collect::<Result<_, _>>()?;
        Ok(Self { targets, connect_timeout })
    }

    /// `host:port` of each target.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(|target| target.address.as_str())
    }

    pub(crate) async fn send(
        &self,
        pool: &Pool,
        target: usize,
        request: &mut Unsent,
        deadline: Instant,
    ) -> Result<Response<ResponseBody>, Lost> {
        let (Some(target), Some(head)) = (self.targets.get(target), request.as_mut()) else {
            return Err(Lost::Final(Failure::Unreachable));
        };
        *head.version_mut() = Version::HTTP_11;
        head.headers_mut().insert(HOST, target.host.clone());
        let sent = head.body().sent();
        loop {
            let (mut sender, reused) = match pool.take(target.number) {
                Some(sender) => (sender, true),
                // Seldom, and large: it has no place in the future of every call.
                None => match Box::pin(self.connect(target, deadline)).await {
                    Ok(sender) => (sender, false),
                    Err(failure) => return Err(Lost::Unsent(failure)),
                },
            };
            match exchange(&mut sender, request, deadline).await {
                Ok(response) => {
                    // After 101 the connection speaks another protocol and belongs to whoever takes the upgrade.
                    let reusable = response.status() != StatusCode::SWITCHING_PROTOCOLS;
                    let lease = reusable.then(|| Lease { pool: pool.clone(), target: target.number, sender, sent });
                    return Ok(response.map(|body| ResponseBody::connection(body, lease)));
                }
                // A pooled connection that its server had closed: not a byte of this request was sent.
                Err(Lost::Unsent(_)) if reused => {}
                Err(lost) => return Err(lost),
            }
        }
    }

    #[allow(clippy::disallowed_methods, reason = "the driver of a connection ends with the connection")]
    async fn connect(&self, target: &Address, deadline: Instant) -> Result<SendRequest<RequestBody>, Failure> {
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

impl Address {
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
        })
    }
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

async fn exchange(
    sender: &mut SendRequest<RequestBody>,
    request: &mut Unsent,
    deadline: Instant,
) -> Result<Response<Incoming>, Lost> {
    if !sender.is_ready() {
        match tokio::time::timeout_at(deadline.into(), sender.ready()).await {
            Ok(Ok(())) => {}
            Ok(Err(_closed)) => return Err(Lost::Unsent(Failure::ConnectionTerminated)),
            Err(_elapsed) => return Err(Lost::Final(Failure::ResponseTimeout)),
        }
    }
    let Some(message) = request.take() else { return Err(Lost::Final(Failure::Unreachable)) };
    match tokio::time::timeout_at(deadline.into(), sender.try_send_request(message)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(mut error)) => {
            // hyper hands a request back of which it has not written a byte.
            *request = error.take_message();
            Err(match (&request, Failure::of_exchange(error.error())) {
                (Some(_), _) => Lost::Unsent(Failure::ConnectionTerminated),
                (None, Failure::ConnectionTerminated) => Lost::Broken(Failure::ConnectionTerminated),
                (None, failure) => Lost::Final(failure),
            })
        }
        Err(_elapsed) => Err(Lost::Final(Failure::ResponseTimeout)),
    }
}
