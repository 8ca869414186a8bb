//! Upstreams that misbehave in exactly one way each, and count how often they were called.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// The ways in which an upstream that accepts connections can fail.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Reads the request and never says a word.
    Silent,
    /// Reads the request and resets the connection.
    Reset,
    /// Reads the request and closes the connection.
    Close,
    /// Sends half a head, then closes the connection.
    HalfHead,
    /// Sends its head byte by byte, one each time this passes.
    SlowHead(Duration),
    /// Sends a head and half of the body it has announced, then nothing.
    Stall,
    /// Sends a head and half of the body it has announced, then closes the connection.
    Cut,
    /// Sends a chunked body without its end, then closes the connection.
    CutChunks,
    /// Answers with what is not HTTP.
    Garbage,
    /// Answers with a head of 1 MiB.
    OversizeHead,
    /// Answers these bytes as they are and keeps the connection.
    Answer(Vec<u8>),
}

/// A faulty upstream on a port of its own; it stops when it is dropped.
#[derive(Debug)]
pub struct Faulty {
    address: SocketAddr,
    shared: Shared,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Clone, Debug)]
struct Shared {
    fault: Arc<Mutex<Fault>>,
    calls: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    hang_up: Arc<Notify>,
}

impl Faulty {
    /// Starts one with this fault.
    pub async fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Shared {
            fault: Arc::new(Mutex::new(fault)),
            calls: Arc::default(),
            open: Arc::default(),
            hang_up: Arc::default(),
        };
        let server = tokio::spawn(accept(listener, shared.clone()));
        Self { address, shared, server }
    }

    /// Where it listens, as a base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests it has read.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.shared.calls.load(Ordering::SeqCst)
    }

    /// How many connections to it are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// From the next request on, fails in another way.
    pub fn set(&self, fault: Fault) {
        *self.shared.fault.lock().unwrap() = fault;
    }

    /// Closes the connections that wait for another request.
    pub fn disconnect(&self) {
        self.shared.hang_up.notify_waiters();
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A port on which every connection is refused, for as long as this is held.
#[derive(Debug)]
pub struct Refusing(SocketAddr, #[expect(dead_code, reason = "holds the port")] Socket);

impl Refusing {
    /// Takes a port and does not listen on it.
    #[must_use]
    pub fn start() -> Self {
        let (socket, address) = bound();
        Self(address, socket)
    }

    /// Where nobody listens, as a base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.0)
    }

    /// Where nobody listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0
    }
}

/// A port on which connecting neither succeeds nor fails, for as long as this is held.
#[derive(Debug)]
pub struct BlackHole {
    address: SocketAddr,
    #[expect(dead_code, reason = "holds the port")]
    socket: Socket,
    #[expect(dead_code, reason = "fills the queue of the port")]
    queue: Vec<std::net::TcpStream>,
}

impl BlackHole {
    /// Takes a port, fills its queue of connections and accepts none of them.
    #[must_use]
    pub fn start() -> Self {
        let (socket, address) = bound();
        socket.listen(0).expect("a listening port");
        let connect = || std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200));
        let queue = std::iter::from_fn(|| connect().ok()).take(64).collect();
        Self { address, socket, queue }
    }

    /// Where nothing answers, as a base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn bound() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    socket.bind(&any.into()).expect("a free port");
    let address = socket.local_addr().expect("an address");
    (socket, address.as_socket().expect("an IPv4 address"))
}

async fn accept(listener: TcpListener, shared: Shared) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let shared = shared.clone();
        connections.spawn(async move {
            shared.open.fetch_add(1, Ordering::SeqCst);
            // A client that goes away is no failure of the test.
            let _ended = converse(stream, &shared).await;
            shared.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

async fn converse(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    loop {
        let more = tokio::select! {
            more = read_head(&mut stream) => more?,
            () = shared.hang_up.notified() => false,
        };
        if !more {
            return Ok(());
        }
        shared.calls.fetch_add(1, Ordering::SeqCst);
        let fault = shared.fault.lock().unwrap().clone();
        if !misbehave(&mut stream, fault).await? {
            return Ok(());
        }
    }
}

/// Fails once; whether the connection is to be kept for another request.
async fn misbehave(stream: &mut TcpStream, fault: Fault) -> std::io::Result<bool> {
    const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let half = "{".repeat(500);
    match fault {
        Fault::Silent => silence(stream).await,
        Fault::Reset => SockRef::from(&*stream).set_linger(Some(Duration::ZERO))?,
        Fault::Close => {}
        Fault::HalfHead => stream.write_all(&HEAD.as_bytes()[..30]).await?,
        Fault::SlowHead(pause) => {
            for byte in HEAD.bytes() {
                stream.write_all(&[byte]).await?;
                tokio::time::sleep(pause).await;
            }
        }
        Fault::Stall => {
            let text = format!("{HEAD}content-length: 1000\r\n\r\n{half}");
            stream.write_all(text.as_bytes()).await?;
            silence(stream).await;
        }
        Fault::Cut => {
            let text = format!("{HEAD}content-length: 1000\r\n\r\n{half}");
            stream.write_all(text.as_bytes()).await?;
        }
        Fault::CutChunks => {
            let text = format!("{HEAD}transfer-encoding: chunked\r\n\r\n1f4\r\n{half}\r\n");
            stream.write_all(text.as_bytes()).await?;
        }
        Fault::Garbage => stream.write_all(b"\x16\x03\x01 hello, who is there?\r\n\r\n").await?,
        Fault::OversizeHead => {
            let text = format!("{HEAD}x-padding: {}\r\n\r\n", "p".repeat(1024 * 1024));
            stream.write_all(text.as_bytes()).await?;
        }
        Fault::Answer(bytes) => {
            stream.write_all(&bytes).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// Says nothing until the other side goes away.
async fn silence(stream: &mut TcpStream) {
    let mut ignored = [0; 1024];
    while matches!(stream.read(&mut ignored).await, Ok(length) if length > 0) {}
}

/// Reads one request's head; whether there was one.
async fn read_head(stream: &mut TcpStream) -> std::io::Result<bool> {
    let mut head = Vec::new();
    let mut byte = [0; 1024];
    while !head.windows(4).any(|part| part == b"\r\n\r\n") {
        let length = stream.read(&mut byte).await?;
        if length == 0 {
            return Ok(false);
        }
        head.extend_from_slice(&byte[..length]);
    }
    Ok(true)
}
