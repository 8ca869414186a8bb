//! A call over the network: HTTP/1.1 on pooled connections.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use http::uri::Scheme;
use http::{HeaderValue, Request, Uri};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use crate::added::Added;
use crate::attempt::{Answer, Lost};
use crate::body::RequestBody;
use crate::failure::{Failure, InvalidTarget};
use crate::pool::Pool;
use crate::wire::Connection;
use crate::within;

/// How the kernel finds out that the other side of a connection has died without a word: it asks after a minute of silence, and gives
/// up after two.
pub const KEEPALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15)).with_retries(4);

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

    /// Sends `request` to `target` and waits for the head of the answer. With it goes what is `added`.
    ///
    /// The request stays where it is, unless its body streams in.
    pub(crate) async fn send(
        &self,
        pool: &Pool,
        target: usize,
        request: &mut Request<RequestBody>,
        added: Added<'_>,
        deadline: Instant,
    ) -> Result<Answer, Lost> {
        let Some(target) = self.targets.get(target) else { return Err(Lost::Final(Failure::Unreachable)) };
        last_of_all().await;
        loop {
            let (connection, reused) = match pool.take(target.number) {
                Some(connection) => (connection, true),
                // Seldom, and large: it has no place in the future of every call.
                None => match Box::pin(self.connect(target, deadline)).await {
                    Ok(connection) => (connection, false),
                    Err(failure) => return Err(Lost::Unsent(failure)),
                },
            };
            match connection.exchange(request, (&target.host, added), (pool, target.number), deadline).await {
                Ok(response) => return Ok(response),
                // A pooled connection that its server had closed: not a byte of this request was sent.
                Err(Lost::Unsent(_)) if reused => {}
                Err(lost) => return Err(lost),
            }
        }
    }

    async fn connect(&self, target: &Address, deadline: Instant) -> Result<Connection, Failure> {
        let until = deadline.min(Instant::now() + self.connect_timeout);
        match open(&target.address, until).await {
            Ok(stream) => Ok(Connection::new(stream)),
            Err(Failure::ResponseTimeout) => Err(Failure::ConnectionTimeout),
            Err(failure) => Err(failure),
        }
    }
}

/// Waits until everything else that is ready has had its turn. So what many calls have to say to services is written by all of
/// them in a row. The other side is woken once for all that, and not for each piece; to wake somebody costs the kernel more than
/// to send what they are woken for. (To wait once more before what comes back is handed on costs more than it saves.)
async fn last_of_all() {
    let mut has_waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
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

async fn open(address: &str, until: Instant) -> Result<TcpStream, Failure> {
    let found = async { tokio::net::lookup_host(address).await.map_err(|_| Failure::Dns) };
    let addresses: Vec<_> = within(until, found).await?.collect();
    first_of(&addresses, until).await
}

/// Connects to the first of the addresses that takes the connection, before `until`. One that says nothing takes its share of the
/// time and not all of it.
async fn first_of(addresses: &[SocketAddr], until: Instant) -> Result<TcpStream, Failure> {
    let mut failure = Failure::Dns;
    for (address, left) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let now = Instant::now();
        let share = now + until.saturating_duration_since(now) / u32::try_from(left).unwrap_or(u32::MAX);
        let connected = async { TcpStream::connect(address).await.map_err(|error| Failure::of_connect(&error)) };
        failure = match within(share, connected).await {
            Ok(stream) => {
                // Small writes of a request must not wait for an acknowledgement.
                let _unsupported = stream.set_nodelay(true);
                let _unsupported = SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE);
                return Ok(stream);
            }
            Err(failure) => failure,
        };
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use socket2::{Domain, Socket, Type};

    use super::*;

    #[tokio::test]
    async fn an_address_that_says_nothing_leaves_time_for_the_next() {
        // Where the queue is full the kernel drops what asks for more.
        let full = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        full.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        full.listen(0).unwrap();
        let silent = full.local_addr().unwrap().as_socket().unwrap();
        let mut queued = Vec::new();
        while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(silent)).await {
            queued.push(stream);
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let answers = listener.local_addr().unwrap();
        let until = || Instant::now() + Duration::from_millis(300);
        assert_eq!(first_of(&[silent, answers], until()).await.unwrap().peer_addr().unwrap(), answers);
        assert_eq!(first_of(&[silent], until()).await.unwrap_err(), Failure::ResponseTimeout);
    }
}
