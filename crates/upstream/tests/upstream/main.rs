//! Both kinds of upstream do the same; what only one of them can do wrong is tested for that one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

mod answers;
mod breaking;
mod line;
mod retrying;
mod server;
mod targets;
mod uploads;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request as RouterRequest;
use axum::routing::{any, get};
use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use upstream::{Failure, InvalidTarget, Pool, Upstream};

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

fn get_request(path: &str) -> Request<Bytes> {
    Request::get(path).body(Bytes::new()).unwrap()
}

fn remote(address: impl std::fmt::Display) -> Upstream {
    Upstream::remote("stub", &[format!("http://{address}").parse().unwrap()]).unwrap()
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// The same router as a local and as a remote upstream.
async fn both(router: Router) -> [Upstream; 2] {
    let (listener, address) = listener().await;
    let served = router.clone();
    tokio::spawn(async move { axum::serve(listener, served).await });
    [Upstream::local("stub", router, Handle::current()), remote(address)]
}

#[tokio::test]
async fn both_kinds_receive_the_same_request_and_answer_the_same() {
    let echo = any(|request: RouterRequest| async move {
        let seen = format!("{} {} {:?}", request.method(), request.uri(), request.headers().get("x-test"));
        let body = axum::body::to_bytes(request.into_body(), 1024).await.unwrap();
        (StatusCode::CREATED, [("x-answer", "yes")], format!("{seen} {}", String::from_utf8_lossy(&body)))
    });
    for upstream in both(Router::new().fallback(echo)).await {
        let request = Request::put("/a%20b?c=d").header("x-test", "1").body(Bytes::from("body")).unwrap();
        let response = upstream.call(&Pool::new(), request, soon()).await.unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.headers().get("x-answer").unwrap(), "yes");
        assert_eq!(response.body(), "PUT /a%20b?c=d Some(\"1\") body");
    }
}

#[tokio::test]
async fn extensions_never_cross() {
    #[derive(Clone)]
    struct Secret;
    let look = any(|request: RouterRequest| async move { request.extensions().get::<Secret>().is_some().to_string() });
    for upstream in both(Router::new().fallback(look)).await {
        let mut request = get_request("/");
        request.extensions_mut().insert(Secret);
        assert_eq!(upstream.call(&Pool::new(), request, soon()).await.unwrap().body(), "false");
    }
}

#[tokio::test]
async fn a_severed_upstream_refuses_until_it_is_mended() {
    for upstream in both(Router::new().route("/", get(|| async { "here" }))).await {
        let pool = Pool::new();
        upstream.sever(true);
        assert_eq!(upstream.call(&pool, get_request("/"), soon()).await.unwrap_err(), Failure::ConnectionRefused);
        upstream.sever(false);
        assert_eq!(upstream.call(&pool, get_request("/"), soon()).await.unwrap().body(), "here");
    }
}

#[tokio::test]
async fn no_answer_in_time_is_a_timeout() {
    let silent = get(|| async { std::future::pending::<&str>().await });
    for upstream in both(Router::new().route("/", silent)).await {
        let deadline = Instant::now() + Duration::from_millis(50);
        assert_eq!(
            upstream.call(&Pool::new(), get_request("/"), deadline).await.unwrap_err(),
            Failure::ResponseTimeout
        );
    }
}

#[tokio::test]
async fn a_panic_of_a_local_service_is_its_500() {
    let router = Router::new().route(
        "/",
        get(|| async {
            if true {
                panic!("on purpose")
            }
        }),
    );
    let upstream = Upstream::local("stub", router, Handle::current());
    let response = upstream.call(&Pool::new(), get_request("/"), soon()).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn dropping_a_local_call_aborts_its_task() {
    struct Notice(Option<tokio::sync::oneshot::Sender<()>>);
    impl Drop for Notice {
        fn drop(&mut self) {
            self.0.take().map(|gone| gone.send(()));
        }
    }
    let (gone, aborted) = tokio::sync::oneshot::channel();
    let notice = Arc::new(std::sync::Mutex::new(Some(Notice(Some(gone)))));
    let router = Router::new().route(
        "/",
        get(move || async move {
            let _held = notice.lock().unwrap().take();
            std::future::pending::<&str>().await
        }),
    );
    let upstream = Upstream::local("stub", router, Handle::current());
    let started = upstream.call(&Pool::new(), get_request("/"), Instant::now() + Duration::from_millis(50)).await;
    assert_eq!(started.unwrap_err(), Failure::ResponseTimeout);
    tokio::time::timeout(Duration::from_secs(5), aborted).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_cannot_be_reached_says_why() {
    let (gone, address) = listener().await;
    drop(gone);
    let failed = async |upstream: Upstream| upstream.call(&Pool::new(), get_request("/"), soon()).await.unwrap_err();
    assert_eq!(failed(remote(address)).await, Failure::ConnectionRefused);
    assert_eq!(failed(remote("does-not-exist.invalid:80")).await, Failure::Dns);
}

/// Serves each connection with the next of `answers`, then closes it; counts the connections.
async fn scripted(answers: Vec<&'static [u8]>) -> (Upstream, Arc<AtomicUsize>) {
    let (listener, address) = listener().await;
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let mut head = [0; 4096];
            let _read = stream.read(&mut head).await.unwrap();
            stream.write_all(answer).await.unwrap();
        }
    });
    (remote(address), count)
}

#[tokio::test]
async fn each_broken_answer_has_its_failure() {
    let table: [(&[u8], Failure); 4] = [
        (b"", Failure::ConnectionTerminated),
        (b"HTTP/1.1 200 OK\r\ncontent-le", Failure::ConnectionTerminated),
        (b"SSH-2.0-nonsense\r\n\r\n", Failure::ProtocolError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort", Failure::ResponseIncomplete),
    ];
    for (answer, failure) in table {
        // A read that breaks is tried twice.
        let (upstream, _) = scripted(vec![answer; 2]).await;
        let failed = upstream.call(&Pool::new(), get_request("/"), soon()).await.unwrap_err();
        assert_eq!(failed, failure, "{:?}", String::from_utf8_lossy(answer));
    }
}

#[tokio::test]
async fn a_connection_is_used_again_once_its_answer_was_read() {
    let [_, upstream] = both(Router::new().route("/", get(|| async { "here" }))).await;
    let pool = Pool::new();
    for _ in 0..3 {
        upstream.call(&pool, get_request("/"), soon()).await.unwrap();
        assert_eq!(pool.idle(), 1);
    }
}

#[tokio::test]
async fn a_pooled_connection_that_was_closed_is_not_a_failure() {
    // The server closes after each answer without having said so.
    let answer: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    let (upstream, connections) = scripted(vec![answer; 20]).await;
    let pool = Pool::new();
    for _ in 0..20 {
        let post = Request::post("/").body(Bytes::from("not idempotent")).unwrap();
        match upstream.call(&pool, post, soon()).await {
            Ok(response) => assert_eq!(response.body(), "ok"),
            // The close may cross the request on the wire; only then nobody knows whether it was processed.
            Err(failure) => assert_eq!(failure, Failure::ConnectionTerminated),
        }
    }
    assert!(connections.load(Ordering::SeqCst) >= 10);
}

#[test]
fn only_plain_base_urls_are_targets() {
    let refused = |url: &str| Upstream::remote("x", &[url.parse::<Uri>().unwrap()]).unwrap_err();
    assert!(matches!(refused("https://a"), InvalidTarget::Scheme(_)));
    assert!(matches!(refused("http://a/b"), InvalidTarget::Path(_)));
    assert_eq!(Upstream::remote("x", &[]).unwrap_err(), InvalidTarget::Missing);
}
