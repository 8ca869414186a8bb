//! One listener, one app, one clean end.
//!
//! This is for services behind the gateway and for the admin listener: plain HTTP/1.1 from neighbours that are known. The public
//! listener, with its guards and deadlines, is the gateway's own.

use std::{future::Future, io, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::App;

/// The pause after an accept failed for want of file descriptors or memory: trying again at once would only burn the processor.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(100);

/// The most fields of a request. The gateway takes up to a hundred from its client, unless it is told otherwise, and adds its own.
const MOST_FIELDS: usize = 256;

/// Answers on `listener` until `shutdown` ends, then drains.
///
/// Draining: `/readyz` says no, the listener closes, idle connections close, requests that have begun may finish, and background
/// tasks are asked to end — all within `grace`, after which the rest is aborted. The future ends when nothing is left.
///
/// `shutdown` is any future: [`terminated`](crate::terminated), or a token's `cancelled_owned()`.
pub async fn serve(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>, grace: Duration) {
    let service = app.service();
    let closing = CancellationToken::new();
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _peer)) => {
                    connections.spawn(connection(stream, service.clone(), closing.clone()));
                }
                Err(why) => refused(&why).await,
            },
            Some(_ended) = connections.join_next() => {}
        }
    }
    app.ready.drain();
    drop(listener);
    closing.cancel();
    let end = Instant::now() + grace;
    if tokio::time::timeout_at(end, async { while connections.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!(
            service = app.name,
            connections = connections.len(),
            "connections were still busy at the end of the grace"
        );
        connections.shutdown().await;
    }
    app.tasks.shutdown(end.saturating_duration_since(Instant::now())).await;
}

/// A connection that was gone before it was accepted is nobody's problem; anything else may pass if we wait a little.
async fn refused(why: &io::Error) {
    if !matches!(why.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        tracing::error!(%why, "cannot accept connections");
        tokio::time::sleep(AFTER_FAILED_ACCEPT).await;
    }
}

async fn connection(stream: TcpStream, service: Router, closing: CancellationToken) {
    if let Err(why) = stream.set_nodelay(true) {
        tracing::debug!(%why, "cannot set TCP_NODELAY");
    }
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(None).max_headers(MOST_FIELDS);
    let serving = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = closing.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(why) = ended {
        tracing::debug!(%why, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{net::SocketAddr, sync::Arc};

    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        sync::{Notify, oneshot},
        task::JoinHandle,
    };

    use super::*;

    struct Served {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        ended: JoinHandle<()>,
    }

    async fn start(app: App, grace: Duration) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { drop(stopped.await) };
        Served { address, stop, ended: tokio::spawn(serve(listener, app, shutdown, grace)) }
    }

    async fn send(address: SocketAddr, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
        stream
    }

    /// An app whose `/slow` says when it has begun and answers when it is let go.
    fn slow() -> (App, Arc<Notify>, Arc<Notify>) {
        let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (tell, wait) = (begun.clone(), go.clone());
        let handler = async move || {
            tell.notify_one();
            wait.notified().await;
            "done"
        };
        (App::new("slow", Router::new().route("/slow", get(handler))), begun, go)
    }

    #[tokio::test]
    async fn a_request_that_has_begun_is_answered_in_a_drain() {
        let (app, begun, go) = slow();
        let tasks = app.tasks.clone();
        let served = start(app, Duration::from_secs(60)).await;
        let mut stream = send(served.address, "/slow").await;
        begun.notified().await;
        served.stop.send(()).unwrap();
        go.notify_one();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
        served.ended.await.unwrap();
        assert!(tasks.token().is_cancelled(), "background tasks were told");
        assert!(TcpStream::connect(served.address).await.is_err(), "the listener is closed");
    }

    #[tokio::test]
    async fn an_idle_connection_does_not_hold_up_the_end() {
        let served = start(App::new("idle", Router::new()), Duration::from_secs(60)).await;
        let mut stream = send(served.address, "/livez").await;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
        served.stop.send(()).unwrap();
        served.ended.await.unwrap();
    }

    #[tokio::test]
    async fn there_is_room_for_what_the_gateway_adds_to_a_full_head() {
        let served = start(App::new("room", Router::new()), Duration::from_secs(60)).await;
        for (fields, status) in [(MOST_FIELDS - 2, "200"), (MOST_FIELDS, "431")] {
            let mut stream = TcpStream::connect(served.address).await.unwrap();
            let many: String = (0..fields).map(|number| format!("x-{number}: 1\r\n")).collect();
            let head = format!("GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{many}\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert_eq!(answer.split(' ').nth(1), Some(status), "{fields} fields");
        }
    }

    #[tokio::test]
    async fn what_is_busy_after_the_grace_is_cut() {
        let (app, begun, _go) = slow();
        let served = start(app, Duration::from_millis(20)).await;
        let mut stream = send(served.address, "/slow").await;
        begun.notified().await;
        served.stop.send(()).unwrap();
        served.ended.await.unwrap();
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        assert!(answer.is_empty(), "no answer that looks complete");
    }
}
