//! One HTTP/1.1 connection: opened, used for one or for many requests, closed when dropped.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A request body of any kind.
pub type Body = BoxBody<Bytes, hyper::Error>;

/// A body that is sent whole, with its length.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

/// Any other body.
pub fn body<B>(body: B) -> Body
where
    B: http_body::Body<Data = Bytes, Error = std::convert::Infallible> + Send + Sync + 'static,
{
    body.map_err(|never| match never {}).boxed()
}

/// One open connection to a server.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Body>,
    address: SocketAddr,
}

impl Connection {
    /// Connects; fails the test if nobody listens there.
    pub async fn open(address: SocketAddr) -> Self {
        Self::try_open(address).await.unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"))
    }

    /// Connects.
    ///
    /// # Errors
    /// That nobody listens there.
    pub async fn try_open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, driver) = handshake(TokioIo::new(stream)).await.expect("a handshake");
        tokio::spawn(driver);
        Ok(Self { sender, address })
    }

    /// Sends one request and returns the head as soon as it is there; the connection closes with the body.
    ///
    /// # Errors
    /// That the connection broke before a head came.
    pub async fn send(mut self, request: Request<Body>) -> Result<Response<Incoming>, hyper::Error> {
        self.head(request).await
    }

    /// Sends one request of several and returns its head; the body must be read before the next one.
    ///
    /// # Errors
    /// That the connection broke before a head came.
    pub async fn head(&mut self, mut request: Request<Body>) -> Result<Response<Incoming>, hyper::Error> {
        if !request.headers().contains_key(HOST) {
            let host = HeaderValue::try_from(self.address.to_string()).expect("a host");
            request.headers_mut().insert(HOST, host);
        }
        self.sender.ready().await?;
        self.sender.send_request(request).await
    }

    /// Sends one request and collects its answer, body and all.
    ///
    /// # Errors
    /// That the connection broke before the answer was complete.
    pub async fn exchange(mut self, request: Request<Body>) -> Result<Response<Bytes>, hyper::Error> {
        self.next(request).await
    }

    /// The same on a connection that is kept for more.
    ///
    /// # Errors
    /// That the connection broke before the answer was complete.
    pub async fn next(&mut self, request: Request<Body>) -> Result<Response<Bytes>, hyper::Error> {
        let (head, body) = self.head(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Response::from_parts(head, body))
    }
}
