//! SIGTERM under load: a request on an accepted connection is answered, and the process ends well.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use testkit::{Raw, until};

use super::Agora;

const CONNECTIONS: usize = 32;

#[derive(Default)]
struct Count {
    answered: AtomicUsize,
    lost: AtomicUsize,
}

/// Asks again and again on one connection, until the server says that it closes it. A request without an answer is lost.
async fn ask(address: SocketAddr, path: &str, count: &Count) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n");
    let mut raw = Raw::connect(address).await;
    loop {
        if !raw.try_send(&request).await {
            count.lost.fetch_add(1, Ordering::SeqCst);
            return;
        }
        let Ok(answer) = raw.try_answer().await else {
            count.lost.fetch_add(1, Ordering::SeqCst);
            return;
        };
        assert_eq!(answer.status, 200, "{}", answer.sentence());
        count.answered.fetch_add(1, Ordering::SeqCst);
        if answer.header("connection").eq_ignore_ascii_case("close") {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_loses_no_request_on_an_accepted_connection() {
    let data = tempfile::tempdir().unwrap();
    let agora = Agora::start(data.path()).await;
    let count = Arc::new(Count::default());
    let asking: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let (count, address) = (Arc::clone(&count), agora.address);
            let path = if number % 2 == 0 { "/api/v1/users/demo" } else { "/api/v1/meta" };
            tokio::spawn(async move { ask(address, path, &count).await })
        })
        .collect();
    until("the load is on", Duration::from_secs(10), async || {
        (count.answered.load(Ordering::SeqCst) > 500).then_some(())
    })
    .await;
    let (status, output) = tokio::task::spawn_blocking(|| agora.stop()).await.unwrap();
    assert!(status.success(), "{status}: {output}");
    for one in asking {
        one.await.unwrap();
    }
    assert_eq!(count.lost.load(Ordering::SeqCst), 0, "of {} answered", count.answered.load(Ordering::SeqCst));
}
