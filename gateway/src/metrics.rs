//! What the gateway counts: one shard per data-plane thread, added up when somebody asks.
//!
//! A request touches only cells of its own thread's shard, found by index: no lock, no hashing, no name. The text
//! format is Prometheus' (exposition format 0.0.4).

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use upstream::Failure;

use crate::cache::Outcome;

/// The statuses that are counted one by one; any other counts as the first of its class.
const STATUSES: [u16; 40] = [
    100, 200, 201, 202, 203, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406, 408, 409,
    410, 411, 412, 413, 414, 415, 422, 428, 429, 431, 499, 500, 501, 502, 503, 504, 505,
];

/// Upper bounds of the latency histogram, in microseconds.
const BOUNDS: [u64; 14] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 3_000_000];

/// One of each kind.
const FAILURES: [Failure; 12] = [
    Failure::Dns,
    Failure::ConnectionRefused,
    Failure::ConnectionTimeout,
    Failure::Unreachable,
    Failure::ConnectionTerminated,
    Failure::ResponseTimeout,
    Failure::ResponseIncomplete,
    Failure::ResponseTooLarge,
    Failure::ProtocolError,
    Failure::RequestBody,
    Failure::CircuitOpen(Duration::ZERO),
    Failure::BulkheadFull,
];

/// The cells of one thread.
#[derive(Debug)]
pub(crate) struct Shard {
    routes: Box<[Arc<RouteCells>]>,
    services: Box<[Arc<ServiceCells>]>,
    connections_refused: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct RouteCells {
    statuses: Cells<{ STATUSES.len() }>,
    buckets: Cells<{ BOUNDS.len() + 1 }>,
    micros: AtomicU64,
    degraded: AtomicU64,
    cached: Cells<{ Outcome::ALL.len() }>,
}

#[derive(Debug, Default)]
struct ServiceCells {
    calls: AtomicU64,
    failures: Cells<{ FAILURES.len() }>,
}

#[derive(Debug)]
struct Cells<const N: usize>([AtomicU64; N]);

impl<const N: usize> Default for Cells<N> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl<const N: usize> Cells<N> {
    fn add(&self, at: usize) {
        if let Some(cell) = self.0.get(at) {
            add(cell, 1);
        }
    }

    fn get(&self, at: usize) -> u64 {
        self.0.get(at).map_or(0, |cell| cell.load(Relaxed))
    }
}

/// A shard is written by its own thread only, so a load and a store do; a locked instruction is not needed.
fn add(cell: &AtomicU64, amount: u64) {
    cell.store(cell.load(Relaxed).wrapping_add(amount), Relaxed);
}

impl Shard {
    /// The cells of `names`; those that `old` has by the same name are the same cells.
    fn new(names: &Names, old: Option<(&Names, &Self)>) -> Self {
        let route = |name: &String| old.and_then(|(names, old)| known(name, &names.routes, &old.routes));
        let service = |name: &String| old.and_then(|(names, old)| known(name, &names.services, &old.services));
        Self {
            routes: names.routes.iter().map(|name| route(name).unwrap_or_default()).collect(),
            services: names.services.iter().map(|name| service(name).unwrap_or_default()).collect(),
            connections_refused: old.map(|(_, old)| Arc::clone(&old.connections_refused)).unwrap_or_default(),
        }
    }

    pub(crate) fn answered(&self, route: usize, status: u16, took: Duration) {
        let Some(cells) = self.routes.get(route) else { return };
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        cells.statuses.add(status_index(status));
        cells.buckets.add(BOUNDS.partition_point(|bound| *bound < micros));
        add(&cells.micros, micros);
    }

    /// An answer of a route lacked a part.
    pub(crate) fn degraded(&self, route: usize) {
        if let Some(cells) = self.routes.get(route) {
            add(&cells.degraded, 1);
        }
    }

    /// A route whose answers are kept has answered.
    pub(crate) fn cached(&self, route: usize, outcome: Outcome) {
        if let Some(cells) = self.routes.get(route) {
            cells.cached.add(outcome as usize);
        }
    }

    pub(crate) fn called(&self, service: usize, failure: Option<Failure>) {
        let Some(cells) = self.services.get(service) else { return };
        add(&cells.calls, 1);
        if let Some(failure) = failure {
            self.broke(service, failure);
        }
    }

    /// A call that was counted already has failed after all.
    pub(crate) fn broke(&self, service: usize, failure: Failure) {
        let Some(cells) = self.services.get(service) else { return };
        if let Some(at) = FAILURES.iter().position(|known| known.proxy_status() == failure.proxy_status()) {
            cells.failures.add(at);
        }
    }

    pub(crate) fn connection_refused(&self) {
        add(&self.connections_refused, 1);
    }
}

fn known<T>(name: &str, names: &[String], cells: &[Arc<T>]) -> Option<Arc<T>> {
    names.iter().position(|known| known == name).and_then(|at| cells.get(at)).cloned()
}

fn status_index(status: u16) -> usize {
    STATUSES.binary_search(&status).unwrap_or_else(|_| {
        let class = status / 100 * 100;
        STATUSES.partition_point(|known| *known < class).min(STATUSES.len() - 1)
    })
}

/// The names behind the indices of a shard.
#[derive(Debug)]
pub(crate) struct Names {
    /// `METHOD template`, in the order of the plan, then what is served beside it.
    pub(crate) routes: Vec<String>,
    pub(crate) services: Vec<String>,
}

/// All shards.
#[derive(Debug)]
pub(crate) struct Metrics {
    names: Names,
    shards: Vec<Arc<Shard>>,
}

impl Metrics {
    /// The counters of `names` for so many threads, which go on counting where `old` has them already.
    pub(crate) fn renewed(names: Names, threads: usize, old: Option<&Self>) -> Self {
        let before = |thread: usize| old.and_then(|old| Some((&old.names, &**old.shards.get(thread)?)));
        let shards = (0..threads).map(|thread| Arc::new(Shard::new(&names, before(thread)))).collect();
        Self { names, shards }
    }

    pub(crate) fn shards(&self) -> &[Arc<Shard>] {
        &self.shards
    }

    /// The sum of one cell over the shards.
    fn sum(&self, cell: impl Fn(&Shard) -> u64) -> u64 {
        self.shards.iter().map(|shard| cell(shard)).sum()
    }

    /// Everything in Prometheus' text format.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        self.render_requests(&mut text);
        self.render_degraded(&mut text);
        self.render_cached(&mut text);
        self.render_latencies(&mut text);
        self.render_services(&mut text);
        let refused = self.sum(|shard| shard.connections_refused.load(Relaxed));
        head(&mut text, "agora_connections_refused_total", "counter", "Connections above the caps.");
        line(&mut text, "agora_connections_refused_total", "", refused);
        head(&mut text, "agora_log_lines_dropped_total", "counter", "Log lines that nobody read fast enough.");
        line(&mut text, "agora_log_lines_dropped_total", "", boot::telemetry::dropped_lines());
        text
    }

    fn render_requests(&self, text: &mut String) {
        head(text, "agora_requests_total", "counter", "Requests by route template and status.");
        for (route, name) in self.names.routes.iter().enumerate() {
            for (at, status) in STATUSES.iter().enumerate() {
                let count = self.sum(|shard| shard.routes.get(route).map_or(0, |cells| cells.statuses.get(at)));
                if count > 0 {
                    line(text, "agora_requests_total", &format!("route=\"{name}\",status=\"{status}\""), count);
                }
            }
        }
    }

    fn render_degraded(&self, text: &mut String) {
        const NAME: &str = "agora_degraded_answers_total";
        head(text, NAME, "counter", "Composed answers that lacked a part.");
        for (route, name) in self.names.routes.iter().enumerate() {
            let count = self.sum(|shard| shard.routes.get(route).map_or(0, |cells| cells.degraded.load(Relaxed)));
            if count > 0 {
                line(text, NAME, &format!("route=\"{name}\""), count);
            }
        }
    }

    fn render_cached(&self, text: &mut String) {
        const NAME: &str = "agora_cache_answers_total";
        head(text, NAME, "counter", "Answers of routes whose answers are kept, by what the cache did.");
        for (route, name) in self.names.routes.iter().enumerate() {
            for outcome in Outcome::ALL {
                let cell =
                    |shard: &Shard| shard.routes.get(route).map_or(0, |cells| cells.cached.get(outcome as usize));
                let count = self.sum(cell);
                if count > 0 {
                    line(text, NAME, &format!("route=\"{name}\",outcome=\"{}\"", outcome.name()), count);
                }
            }
        }
    }

    fn render_latencies(&self, text: &mut String) {
        const NAME: &str = "agora_request_duration_seconds";
        head(text, NAME, "histogram", "Time from the head of a request to the end of its answer.");
        for (route, name) in self.names.routes.iter().enumerate() {
            let bucket = |at| self.sum(|shard| shard.routes.get(route).map_or(0, |cells| cells.buckets.get(at)));
            let total: u64 = (0..=BOUNDS.len()).map(bucket).sum();
            if total == 0 {
                continue;
            }
            let mut below = 0;
            for (at, bound) in BOUNDS.iter().enumerate() {
                below += bucket(at);
                let labels = format!("route=\"{name}\",le=\"{}\"", seconds(*bound));
                line(text, &format!("{NAME}_bucket"), &labels, below);
            }
            line(text, &format!("{NAME}_bucket"), &format!("route=\"{name}\",le=\"+Inf\""), total);
            let micros = self.sum(|shard| shard.routes.get(route).map_or(0, |cells| cells.micros.load(Relaxed)));
            line(text, &format!("{NAME}_sum"), &format!("route=\"{name}\""), seconds(micros));
            line(text, &format!("{NAME}_count"), &format!("route=\"{name}\""), total);
        }
    }

    fn render_services(&self, text: &mut String) {
        head(text, "agora_upstream_calls_total", "counter", "Calls by service.");
        for (service, name) in self.names.services.iter().enumerate() {
            let calls = self.sum(|shard| shard.services.get(service).map_or(0, |cells| cells.calls.load(Relaxed)));
            line(text, "agora_upstream_calls_total", &format!("service=\"{name}\""), calls);
        }
        head(text, "agora_upstream_failures_total", "counter", "Calls that brought no usable answer (RFC 9209 types).");
        for (service, name) in self.names.services.iter().enumerate() {
            for (at, failure) in FAILURES.iter().enumerate() {
                let count = self.sum(|shard| shard.services.get(service).map_or(0, |cells| cells.failures.get(at)));
                if count > 0 {
                    let labels = format!("service=\"{name}\",error=\"{}\"", failure.proxy_status());
                    line(text, "agora_upstream_failures_total", &labels, count);
                }
            }
        }
    }
}

/// Microseconds as seconds, exactly.
fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

// Writing to a String cannot fail.
pub(crate) fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _infallible = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

pub(crate) fn line(text: &mut String, name: &str, labels: &str, value: impl std::fmt::Display) {
    let _infallible = match labels {
        "" => writeln!(text, "{name} {value}"),
        labels => writeln!(text, "{name}{{{labels}}} {value}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics() -> Metrics {
        let names = Names { routes: vec!["GET /a".into(), "beside".into()], services: vec!["users".into()] };
        Metrics::renewed(names, 2, None)
    }

    #[test]
    fn shards_are_added_up() {
        let metrics = metrics();
        for shard in metrics.shards() {
            shard.answered(0, 200, Duration::from_micros(300));
            shard.called(0, Some(Failure::ConnectionRefused));
        }
        let text = metrics.render();
        assert!(text.contains("agora_requests_total{route=\"GET /a\",status=\"200\"} 2\n"), "{text}");
        assert!(text.contains("agora_request_duration_seconds_bucket{route=\"GET /a\",le=\"0.000250\"} 0\n"), "{text}");
        assert!(text.contains("agora_request_duration_seconds_bucket{route=\"GET /a\",le=\"0.000500\"} 2\n"), "{text}");
        assert!(text.contains("agora_request_duration_seconds_sum{route=\"GET /a\"} 0.000600\n"), "{text}");
        assert!(
            text.contains("agora_upstream_failures_total{service=\"users\",error=\"connection_refused\"} 2\n"),
            "{text}"
        );
    }

    #[test]
    fn an_unlisted_status_counts_in_its_class() {
        assert_eq!(STATUSES.get(status_index(418)), Some(&400));
        assert_eq!(STATUSES.get(status_index(599)), Some(&500));
        assert!(STATUSES.is_sorted());
    }
}
