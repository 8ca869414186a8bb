//! A service that does exactly what it is told with each request, and counts those of which it has seen a byte.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use upstream::{Policy, Upstream};

/// What a service does with a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Does {
    /// Reads so many bytes of it and resets the connection.
    Resets(usize),
    /// Reads all of it and closes the connection.
    Closes,
    /// Reads all of it, answers this and closes the connection.
    AnswersAndCloses(String),
    /// Reads all of it, answers this and waits for another request.
    Answers(String),
    /// Reads all of it, answers this and says nothing more.
    AnswersAndHangs(String),
    /// Reads all of it, and never answers.
    Hangs,
}

pub(crate) fn status(status: u16) -> Does {
    Does::Answers(format!("HTTP/1.1 {status} Status\r\ncontent-length: 2\r\n\r\nno"))
}

pub(crate) fn ok() -> Does {
    Does::Answers("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_owned())
}

#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    shared: Shared,
    accepting: tokio::task::JoinHandle<()>,
}

#[derive(Clone, Debug)]
struct Shared {
    script: Arc<Mutex<Vec<Does>>>,
    connections: Arc<AtomicUsize>,
    seen: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Does what `script` says, one request after the other; what it says last, for ever.
    pub(crate) async fn start(script: Vec<Does>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Shared {
            script: Arc::new(Mutex::new(script)),
            connections: Arc::default(),
            seen: Arc::default(),
            requests: Arc::default(),
        };
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Self { address, shared, accepting }
    }

    /// From now on does something else.
    pub(crate) fn set(&self, does: Does) {
        *self.shared.script.lock().unwrap() = vec![does];
    }

    /// Connections that were accepted.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Requests of which at least a byte has arrived.
    pub(crate) fn seen(&self) -> usize {
        self.shared.seen.load(Ordering::SeqCst)
    }

    /// The requests that were read as a whole.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub(crate) fn url(&self) -> http::Uri {
        format!("http://{}", self.address).parse().unwrap()
    }

    pub(crate) fn upstream(&self, policy: Policy) -> Upstream {
        Upstream::remote("stub", &[self.url()]).unwrap().with_policy(policy)
    }

    /// Stops listening and closes every connection, as a process that is killed.
    pub(crate) fn kill(&self) {
        self.accepting.abort();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A port on which connecting neither succeeds nor fails.
pub(crate) struct BlackHole {
    address: SocketAddr,
    /// The port, and the connections that fill its queue.
    _held: (Socket, Vec<std::net::TcpStream>),
}

impl BlackHole {
    pub(crate) fn start() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        socket.listen(0).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let connect = || std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok();
        let queue = std::iter::from_fn(connect).take(64).collect();
        Self { address, _held: (socket, queue) }
    }

    pub(crate) fn url(&self) -> http::Uri {
        format!("http://{}", self.address).parse().unwrap()
    }
}

async fn accept(listener: TcpListener, shared: Shared) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let shared = shared.clone();
        shared.connections.fetch_add(1, Ordering::SeqCst);
        connections.spawn(async move {
            // A client that goes away is no failure of the test.
            let _ended = converse(stream, shared).await;
        });
    }
}

async fn converse(mut stream: TcpStream, shared: Shared) -> std::io::Result<()> {
    loop {
        let mut first = [0; 1];
        stream.read_exact(&mut first).await?;
        shared.seen.fetch_add(1, Ordering::SeqCst);
        let does = {
            let mut script = shared.script.lock().unwrap();
            if script.len() > 1 { script.remove(0) } else { script[0].clone() }
        };
        if let Does::Resets(bytes) = does {
            let mut rest = vec![0; bytes.saturating_sub(1)];
            stream.read_exact(&mut rest).await?;
            return SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        }
        let request = read_request(&mut stream, first[0]).await?;
        shared.requests.lock().unwrap().push(request);
        match does {
            Does::Resets(_) | Does::Closes => return Ok(()),
            Does::AnswersAndCloses(answer) => return stream.write_all(answer.as_bytes()).await,
            Does::Answers(answer) => stream.write_all(answer.as_bytes()).await?,
            Does::AnswersAndHangs(answer) => {
                stream.write_all(answer.as_bytes()).await?;
                silence(&mut stream).await;
            }
            Does::Hangs => silence(&mut stream).await,
        }
    }
}

async fn silence(stream: &mut TcpStream) {
    let mut ignored = [0; 1024];
    while matches!(stream.read(&mut ignored).await, Ok(length) if length > 0) {}
}

/// Reads the rest of a request: head, and body by its length.
async fn read_request(stream: &mut TcpStream, first: u8) -> std::io::Result<String> {
    let mut bytes = vec![first];
    let mut some = vec![0; 16 * 1024];
    loop {
        if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.split("content-length: ").nth(1).map_or("0", |rest| rest.lines().next().unwrap());
            if bytes.len() >= end + 4 + length.parse::<usize>().unwrap() {
                return Ok(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        let length = stream.read(&mut some).await?;
        if length == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&some[..length]);
    }
}
