//! Requests that go on until they are told to stop, and how long each took.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use http::{Request, StatusCode};
use testkit::client::{Connection, full};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

/// One answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) at: Instant,
    pub(crate) took: Duration,
    pub(crate) status: StatusCode,
    /// Whether it says that nobody was asked, because nobody would have answered.
    pub(crate) refused: bool,
}

/// What one connection asks for.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) path: String,
    pub(crate) token: String,
    /// From one request to the next; as soon as there is an answer where it is zero.
    pub(crate) pause: Duration,
}

/// Connections that ask, each of them for one thing.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    connections: Vec<JoinHandle<Vec<Sample>>>,
}

impl Load {
    pub(crate) fn start(gateway: SocketAddr, wishes: Vec<Wish>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let ask = |wish| tokio::spawn(ask(gateway, wish, Arc::clone(&stop)));
        Self { connections: wishes.into_iter().map(ask).collect(), stop }
    }

    /// Lets each finish its last request.
    pub(crate) async fn stop(self) -> Vec<Sample> {
        self.stop.store(true, Ordering::Relaxed);
        let mut samples = Vec::new();
        for connection in self.connections {
            samples.extend(connection.await.expect("a load"));
        }
        samples
    }
}

async fn ask(gateway: SocketAddr, wish: Wish, stop: Arc<AtomicBool>) -> Vec<Sample> {
    let mut connection = Connection::open(gateway).await;
    let mut ticks = tokio::time::interval(wish.pause.max(Duration::from_nanos(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut samples = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        if !wish.pause.is_zero() {
            ticks.tick().await;
        }
        let mut request = Request::get(&wish.path);
        if !wish.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", wish.token));
        }
        let at = Instant::now();
        let answer = connection.next(request.body(full("")).expect("a request")).await.expect("an answer");
        let refused = answer.body().windows(12).any(|word| word == b"circuit_open");
        samples.push(Sample { at, took: at.elapsed(), status: answer.status(), refused });
    }
    samples
}

/// A percentile in milliseconds.
pub(crate) fn percentile(samples: &[Sample], percent: usize) -> f64 {
    let mut times: Vec<Duration> = samples.iter().map(|sample| sample.took).collect();
    times.sort_unstable();
    let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

/// The median of the percentiles of each second, which a busy neighbour of a second or two does not move.
pub(crate) fn usual(samples: &[Sample], percent: usize) -> f64 {
    let Some(began) = samples.iter().map(|sample| sample.at).min() else { return f64::NAN };
    let mut seconds: Vec<Vec<Sample>> = Vec::new();
    for sample in samples {
        let second = usize::try_from((sample.at - began).as_secs()).expect("a second");
        seconds.resize_with(seconds.len().max(second + 1), Vec::new);
        seconds[second].push(*sample);
    }
    let mut of_each: Vec<f64> =
        seconds.iter().filter(|one| !one.is_empty()).map(|one| percentile(one, percent)).collect();
    of_each.sort_unstable_by(f64::total_cmp);
    of_each[of_each.len() / 2]
}

/// The bits of a number, mixed well.
pub(crate) fn mixed(number: u64) -> u64 {
    crate::crowd::dice::mixed(number)
}
