//! The services of the long runs, in this process.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use tokio::sync::watch;

/// The longest answer, and the shortest one.
pub(crate) const LONGEST: usize = 64 * 1024;
pub(crate) const SHORTEST: usize = 1024;

/// Serves this router, and says where.
pub(crate) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address: SocketAddr = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await.expect("a server") });
    format!("http://{address}")
}

/// Answers with 1 to 64 KB, another length for each path.
pub(crate) fn of_many_sizes() -> Router {
    static ROOM: [u8; LONGEST] = [b'x'; LONGEST];
    let answer = |request: Request| async move {
        let number =
            request.uri().path().bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let length = SHORTEST + crate::load::mixed(number) as usize % (LONGEST - SHORTEST);
        ([(CACHE_CONTROL, "max-age=600"), (CONTENT_TYPE, "text/plain")], Bytes::from_static(&ROOM[..length]))
    };
    Router::new().fallback(answer)
}

/// Answers with a small document, and may be made to hang.
pub(crate) fn that_may_hang(hangs: watch::Receiver<bool>) -> Router {
    Router::new().fallback(move |request: Request| answer(request, hangs.clone()))
}

async fn answer(request: Request, mut hangs: watch::Receiver<bool>) -> Response {
    let _gone = hangs.wait_for(|hangs| !hangs).await;
    let body = format!(r#"{{"path":"{}"}}"#, request.uri().path());
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}
