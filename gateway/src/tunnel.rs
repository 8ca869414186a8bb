//! WebSockets (RFC 6455) through the gateway: the handshake is a request like any other, what follows is bytes.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Version};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use upstream::ResponseBody;

use crate::body::Source;
use crate::fields::{self, Receiver};
use crate::listener::{Connection, ConnectionState, Phase};
use crate::plane::Plane;

const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// Whether a request asks for the protocol, or a service takes it up.
pub(crate) fn is_websocket(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|named| named.as_bytes().eq_ignore_ascii_case(WEBSOCKET.as_bytes()))
}

/// A client's side of a connection that may become a tunnel.
pub(crate) struct Tunnel {
    client: OnUpgrade,
}

impl Tunnel {
    /// The tunnel that `request` asks for; nothing but `websocket` is ever forwarded. A handshake is a GET of HTTP/1.1 (RFC 6455,
    /// section 4.1) whose `Connection` says that its `Upgrade` is meant for this hop (RFC 9110, section 7.8).
    pub(crate) fn asked_for<B>(request: &mut Request<B>) -> Option<Self> {
        let asked = is_websocket(request.headers())
            && request.method() == Method::GET
            && request.version() == Version::HTTP_11
            && fields::connection_names(request.headers(), UPGRADE.as_str());
        asked.then(|| Self { client: hyper::upgrade::on(request) })
    }

    /// Puts the question into the fields of the call, from which the hop's own fields have been removed.
    pub(crate) fn ask(&self, headers: &mut HeaderMap) {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, WEBSOCKET);
    }

    /// Joins both sides; they are a connection of this thread, ended by a drain like any other.
    pub(crate) fn open(
        self,
        plane: &Plane,
        connection: &Connection,
        response: Response<ResponseBody>,
    ) -> Response<Source> {
        let (head, body) = response.into_parts();
        let service = body.into_upgraded();
        let mut response = Response::from_parts(head, Source::from(Bytes::new()));
        let state = Arc::new(ConnectionState::new());
        state.enter(Phase::Busy);
        connection.state.upgrade();
        let place = Arc::clone(&connection.place);
        let last_words = Duration::from_millis(plane.connection_limits.body_idle);
        plane.connections.spawn(state, async move {
            let _place = place;
            if let (Some(service), Ok(client)) = (service, self.client.await) {
                join(TokioIo::new(client), service, last_words).await;
            }
        });
        fields::to_client(response.headers_mut(), Receiver::Service);
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
        response.headers_mut().insert(UPGRADE, WEBSOCKET);
        response
    }
}

/// Hands on what each side says until one has closed; the other has `last_words` then, and is closed. Whoever has died without a word
/// is noticed by the kernel ([`upstream::KEEPALIVE`]).
async fn join(client: impl AsyncRead + AsyncWrite, service: impl AsyncRead + AsyncWrite, last_words: Duration) {
    let ((from_client, to_client), (from_service, to_service)) = (tokio::io::split(client), tokio::io::split(service));
    let (mut up, mut down) = (pin!(hand_on(from_client, to_service)), pin!(hand_on(from_service, to_client)));
    // A connection that broke has nothing more to say or to hear.
    let _left = tokio::select! {
        ended = &mut up => ended.is_ok() && tokio::time::timeout(last_words, down).await.is_ok(),
        ended = &mut down => ended.is_ok() && tokio::time::timeout(last_words, up).await.is_ok(),
    };
}

/// All that one side says to the other, the end included.
async fn hand_on<F: AsyncRead, T: AsyncWrite>(mut from: ReadHalf<F>, mut to: WriteHalf<T>) -> std::io::Result<()> {
    tokio::io::copy(&mut from, &mut to).await?;
    to.shutdown().await
}
