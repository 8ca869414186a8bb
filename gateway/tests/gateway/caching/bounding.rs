//! What is kept takes no more bytes than it may, however much there is to keep.

use axum::Router;
use axum::extract::Request;
use testkit::Stub;

use super::world::{self, random};
use crate::Gateway;

const BUDGET: u64 = 1024 * 1024;
const OBJECT: u64 = 64 * 1024;
/// Ten times as much as there is room for.
const KEYS: u64 = 10 * BUDGET / (OBJECT / 2);
const REQUESTS: u64 = 4 * KEYS;
const CONNECTIONS: u64 = 4;

/// Between 1 and 64 KB, another length for each path.
async fn answer(request: Request) -> ([(&'static str, &'static str); 2], String) {
    let number: u64 = request.uri().path().rsplit('/').next().unwrap().parse().unwrap();
    let length = 1024 + random(number) % (OBJECT - 2048);
    ([("cache-control", "max-age=600"), ("content-type", "text/plain")], "x".repeat(usize::try_from(length).unwrap()))
}

#[tokio::test]
async fn ten_times_as_much_as_there_is_room_for_takes_no_more_bytes_than_it_may() {
    let service = Stub::start(Router::new().fallback(answer)).await;
    let directory = tempfile::tempdir().unwrap();
    let settings = format!("[cache]\nbytes = \"{}KiB\"\nobject_bytes = \"64KiB\"", BUDGET / 1024);
    world::write(directory.path(), &service.url(), &settings, world::ROUTES);
    let gateway = std::sync::Arc::new(Gateway::of(directory));
    let ask = |first: u64| {
        let gateway = std::sync::Arc::clone(&gateway);
        async move {
            let (mut most, mut stored) = (0, 0);
            for number in (first..REQUESTS).step_by(usize::try_from(CONNECTIONS).unwrap()) {
                let answer =
                    gateway.caller().get(&format!("/api/v1/things/{}", random(number) % KEYS)).await.expect(200);
                stored += u64::from(answer.header("cache-status").ends_with("; stored"));
                most = most.max(used(&gateway).await);
            }
            (most, stored)
        }
    };
    let asking: Vec<_> = (0..CONNECTIONS).map(|first| tokio::spawn(ask(first))).collect();
    let (mut most, mut stored) = (0, 0);
    for one in asking {
        let of_one = one.await.unwrap();
        (most, stored) = (most.max(of_one.0), stored + of_one.1);
    }
    // What is being sent counts too, whether it is still kept or not, and all of it with half as much again, which an allocator loses.
    let allowed = BUDGET + BUDGET / 8 + CONNECTIONS * OBJECT * 3 / 2;
    assert!(most <= allowed, "{most} bytes of {BUDGET}");
    assert!(most > BUDGET / 2, "{most} bytes are no test of {BUDGET}");
    let kept = gateway.operator().get("/cache").await.json()["keys"].as_u64().unwrap();
    // Even the smallest third of all answers does not fit; which of them stay is the policy's choice and a matter of order.
    assert!(kept < KEYS / 3 && stored > 5 * kept, "of {stored} answers {kept} are kept, so little was evicted");
}

/// `agora_cache_bytes`, as operators see it.
async fn used(gateway: &Gateway) -> u64 {
    let text = gateway.operator().get("/metrics").await.expect(200).text();
    let line = text.lines().find_map(|line| line.strip_prefix("agora_cache_bytes "));
    line.unwrap().parse().unwrap()
}
