//! The load: keep-alive connections, each of which asks as soon as it has its answer, with the next token of the rotation.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// Who is asked for what, and how.
pub(crate) struct Load<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) path: &'a str,
    pub(crate) tokens: Vec<String>,
    pub(crate) connections: usize,
}

/// What came of one turn.
#[derive(Debug, Default)]
pub(crate) struct Run {
    latencies: Vec<u32>,
    pub(crate) took: Duration,
    pub(crate) cpu: Duration,
}

impl Load<'_> {
    /// Asks for that long.
    pub(crate) fn run(&self, time: Duration) -> Run {
        let requests: Vec<Vec<u8>> = self.tokens.iter().map(|token| self.request(token)).collect();
        let requests: &[Vec<u8>] = &requests;
        let started = Instant::now();
        let until = started + time;
        let local = LocalSet::new();
        let (address, connections) = (self.address, self.connections);
        let requests: std::rc::Rc<[Vec<u8>]> = requests.into();
        let latencies = local.block_on(&runtime(), async move {
            let ask = |first| connection(address, std::rc::Rc::clone(&requests), first, until);
            let tasks: Vec<_> = (0..connections).map(|first| tokio::task::spawn_local(ask(first))).collect();
            let mut latencies = Vec::new();
            for task in tasks {
                latencies.extend(task.await.expect("a connection"));
            }
            latencies
        });
        let mut run = Run { latencies, took: started.elapsed(), cpu: Duration::ZERO };
        run.latencies.sort_unstable();
        run
    }

    fn request(&self, token: &str) -> Vec<u8> {
        let (path, token) = (self.path, credentials(token));
        format!(
            "GET {path} HTTP/1.1\r\nhost: bench.test\r\nuser-agent: bench\r\naccept: application/json\r\n{token}\r\n"
        )
        .into()
    }
}

impl Run {
    pub(crate) fn requests(&self) -> usize {
        self.latencies.len()
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.requests() as f64 / self.took.as_secs_f64()
    }

    /// CPU time of the proxy per request, in microseconds.
    pub(crate) fn cost(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.requests() as f64
    }

    /// A percentile of the latency, in microseconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let at = self.requests() * percent / 100;
        f64::from(self.latencies[at.min(self.requests() - 1)]) / 1e3
    }
}

/// The field of a token, as a line; nothing without one.
pub(crate) fn credentials(token: &str) -> String {
    if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") }
}

/// A runtime of one thread.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

async fn connection(address: SocketAddr, requests: std::rc::Rc<[Vec<u8>]>, first: usize, until: Instant) -> Vec<u32> {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("TCP_NODELAY");
    let mut latencies = Vec::with_capacity(64 * 1024);
    let mut buffer = vec![0; 256 * 1024];
    for request in requests.iter().cycle().skip(first * 7) {
        let started = Instant::now();
        if started >= until {
            break;
        }
        stream.write_all(request).await.expect("a request is taken");
        read_answer(&mut stream, &mut buffer).await;
        latencies.push(u32::try_from(started.elapsed().as_nanos()).unwrap_or(u32::MAX));
    }
    latencies
}

/// Reads one answer with a length; anything but a 200 ends the benchmark.
async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) {
    let mut filled = 0;
    let mut expected = None;
    while expected.is_none_or(|expected| filled < expected) {
        let length = stream.read(&mut buffer[filled..]).await.expect("an answer");
        assert!(length > 0, "the connection was closed");
        filled += length;
        if expected.is_none() {
            expected = whole(&buffer[..filled]);
        }
    }
}

/// The length of the whole answer, once its head is there.
fn whole(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&answer[..head]).expect("a head in ASCII");
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    let field = text.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    let length: usize = field.and_then(|value| value.parse().ok()).expect("a length");
    Some(head + length)
}
