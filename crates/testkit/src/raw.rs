//! HTTP/1.1 byte by byte, for what no well-behaved client would send: ambiguous framing, half a head, silence.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::Answer;

const PATIENCE: Duration = Duration::from_secs(30);

/// A TCP connection on which the test writes and reads what it likes.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    buffer: Vec<u8>,
    broken: Option<std::io::ErrorKind>,
}

impl Raw {
    /// Connects; fails the test if nobody listens there.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream =
            TcpStream::connect(address).await.unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"));
        stream.set_nodelay(true).expect("TCP_NODELAY");
        Self { stream, buffer: Vec::new(), broken: None }
    }

    /// Connects with so small a receive buffer that what is not read soon stays with the server.
    pub async fn connect_narrow(address: SocketAddr) -> Self {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        let stream =
            socket.connect(address).await.unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"));
        Self { stream, buffer: Vec::new(), broken: None }
    }

    /// Sends these bytes as they are.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = self.stream.write_all(bytes.as_ref()).await;
        sent.expect("the server took the bytes");
    }

    /// Sends these bytes if the server still takes them, and says whether it did.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Closes the sending half.
    pub async fn finish(&mut self) {
        self.stream.shutdown().await.expect("a half-closed stream");
    }

    /// Reads one answer with its body; fails the test if the connection ends before it is complete.
    pub async fn answer(&mut self) -> Answer {
        tokio::time::timeout(PATIENCE, self.try_answer())
            .await
            .expect("an answer in time")
            .unwrap_or_else(|got| panic!("the connection ended after {got:?}"))
    }

    /// Reads one answer with its body.
    ///
    /// # Errors
    /// What had come when the connection ended before the answer was complete.
    pub async fn try_answer(&mut self) -> Result<Answer, String> {
        let end = self.read_until(b"\r\n\r\n").await?;
        let head: Vec<u8> = self.buffer.drain(..end).collect();
        let mut answer = parse_head(&head);
        let length = answer.headers().get("content-length").cloned();
        let body = match length {
            _ if answer.status().is_informational() || answer.status() == 204 => Bytes::new(),
            Some(length) => {
                let length = length.to_str().unwrap().parse().expect("a length");
                self.read_exactly(length).await?
            }
            None if answer.headers().contains_key("transfer-encoding") => self.chunks().await?,
            None => Bytes::from(self.rest().await),
        };
        *answer.body_mut() = body;
        Ok(Answer::new(Method::GET, "(raw)".into(), Duration::ZERO, answer))
    }

    /// Reads a head and leaves its body in the stream.
    pub async fn head(&mut self) -> Response<Bytes> {
        let end = self.read_until(b"\r\n\r\n").await.expect("a head");
        let head: Vec<u8> = self.buffer.drain(..end).collect();
        parse_head(&head)
    }

    /// Everything until the server closes the connection.
    pub async fn rest(&mut self) -> Vec<u8> {
        let read = async { while self.fill().await {} };
        tokio::time::timeout(PATIENCE, read).await.expect("the server closes the connection");
        std::mem::take(&mut self.buffer)
    }

    /// Whether the server closes this connection within that time, whatever it still sends.
    pub async fn closed_within(&mut self, time: Duration) -> bool {
        let read = async { while self.fill().await {} };
        tokio::time::timeout(time, read).await.is_ok()
    }

    /// Reads at most `limit` bytes of what is there and returns how many came; 0 at the end of the stream.
    pub async fn read_some(&mut self, limit: usize) -> usize {
        if !self.buffer.is_empty() {
            let length = self.buffer.len().min(limit);
            self.buffer.drain(..length);
            return length;
        }
        let mut piece = vec![0; limit];
        self.stream.read(&mut piece).await.unwrap_or(0)
    }

    async fn chunks(&mut self) -> Result<Bytes, String> {
        let mut body = Vec::new();
        loop {
            let end = self.read_until(b"\r\n").await?;
            let line: Vec<u8> = self.buffer.drain(..end).collect();
            let digits = String::from_utf8_lossy(&line);
            let size = usize::from_str_radix(digits.trim(), 16).expect("a chunk size");
            if size == 0 {
                while self.read_until(b"\r\n").await? > 2 {
                    let end = self.read_until(b"\r\n").await?;
                    self.buffer.drain(..end);
                }
                self.buffer.drain(..2);
                return Ok(Bytes::from(body));
            }
            let chunk = self.read_exactly(size + 2).await?;
            body.extend_from_slice(&chunk[..size]);
        }
    }

    async fn read_exactly(&mut self, length: usize) -> Result<Bytes, String> {
        while self.buffer.len() < length {
            if !self.fill().await {
                return Err(self.seen());
            }
        }
        Ok(self.buffer.drain(..length).collect())
    }

    async fn read_until(&mut self, end: &[u8]) -> Result<usize, String> {
        loop {
            let found = self.buffer.windows(end.len()).position(|part| part == end);
            if let Some(at) = found {
                return Ok(at + end.len());
            }
            if !self.fill().await {
                return Err(self.seen());
            }
        }
    }

    async fn fill(&mut self) -> bool {
        let mut piece = vec![0; 16 * 1024];
        match self.stream.read(&mut piece).await {
            Err(error) => {
                self.broken = Some(error.kind());
                false
            }
            Ok(0) => false,
            Ok(length) => {
                self.buffer.extend_from_slice(&piece[..length]);
                true
            }
        }
    }

    fn seen(&self) -> String {
        let text = String::from_utf8_lossy(&self.buffer);
        self.broken.map_or_else(|| text.clone().into_owned(), |kind| format!("{text} ({kind})"))
    }
}

fn parse_head(head: &[u8]) -> Response<Bytes> {
    let text = std::str::from_utf8(head).expect("a head in ASCII");
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status: StatusCode = status.and_then(|s| s.parse().ok()).expect("a status");
    let mut headers = HeaderMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').expect("a field");
        headers.append(
            HeaderName::try_from(name).expect("a field name"),
            HeaderValue::try_from(value.trim()).expect("a field value"),
        );
    }
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}
