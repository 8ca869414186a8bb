//! Waiting for a condition instead of for a time: as short as the machine allows, and a sentence when it never comes true.

use std::future::Future;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(10);

/// Asks `condition` again and again until it answers `Some`, and returns that; fails the test after `within`, naming `what` was awaited.
pub async fn until<T, F, Fut>(what: &str, within: Duration, mut condition: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let started = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(started.elapsed() < within, "waited {within:?} in vain: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
