//! A service that hangs takes nothing from the others, costs little, and is found again when it is back.
//!
//! A second gateway whose services are all well is under the same load at the same time: what the machine does to both counts
//! against neither.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use http::Method;
use tokio::sync::watch;

use crate::bounds::Bounds;
use crate::load::{Load, Sample, Wish, percentile, usual};
use crate::process::Gateway;
use crate::{MIB, service};

const HANGS: Duration = Duration::from_secs(30);
const WARM: Duration = Duration::from_secs(3);
/// The pause of the breaker when the service is back: 5 s and 10 s are over by then, and so are two probes of 3 s.
const PAUSE: f64 = 20.0;
/// So many wait for the service at once before it is left alone.
const MANY: usize = 200;
/// How much slower the others may be.
const SLOWER: f64 = 1.25;
const GROWTH: u64 = 32 * MIB;
const REFUSAL_MS: f64 = 5.0;

const ROUTES: &str = r#"
[[route]]
match  = "GET /api/v1/slow/{id}"
to     = "slow.slow_plain"
access = "anyone"

[[route]]
match  = "GET /api/v1/kept/{id}"
to     = "slow.slow_thing"
access = "anyone"
cache  = { scope = "public", ttl = "600s" }
"#;

pub(crate) async fn run(bounds: &mut Bounds) {
    println!("hang: a service is silent for {HANGS:?}");
    let ((_, well), (switch, ill)) = (watch::channel(false), watch::channel(false));
    let things = service::serve(service::that_may_hang(well)).await;
    let slow = service::serve(service::that_may_hang(ill)).await;
    let start = |slow: &str| {
        let slow = format!("url = \"{slow}\"\ncontract = \"openapi/slow.json\"\ntimeout = \"3s\"");
        Gateway::start(&things, &format!("[services.slow]\n{slow}\n"), ROUTES)
    };
    let (gateway, control) = (start(&slow), start(&things));
    // Everything is warm before anything is measured.
    let _warm = tokio::join!(measure(&gateway, WARM), measure(&control, WARM));
    let (before, _) = tokio::join!(measure(&gateway, HANGS), measure(&control, HANGS));
    let resident = gateway.resident();
    switch.send_replace(true);
    let (during, beside, most) =
        tokio::join!(measure(&gateway, HANGS), measure(&control, HANGS), most_resident(&gateway, HANGS));
    let grown = most.saturating_sub(resident);
    let recovery = recovery(&gateway, &switch).await;
    others(&before.others, &during.others, &beside.others, bounds);
    refusals(&during.slow, bounds);
    bounds.at_most("growth of resident memory", grown as f64 / MIB as f64, (GROWTH / MIB) as f64, "MiB");
    bounds.at_most("time until the breaker is closed", recovery.as_secs_f64(), PAUSE + 1.0, "s");
}

/// The answers of the service that may hang, and those of the others.
struct Measured {
    slow: Vec<Sample>,
    others: Vec<Sample>,
}

async fn measure(gateway: &Gateway, time: Duration) -> Measured {
    let token = gateway.forger().issued("7", "a", &[]);
    let wish = |path: &str, pause: u64| Wish {
        path: path.to_owned(),
        token: token.clone(),
        pause: Duration::from_millis(pause),
    };
    let paths = ["plain/1", "timed/1", "mine", "both/1", "kept/1", "plain/2", "profiles/1", "things/1"];
    let others = paths.iter().map(|path| wish(&format!("/api/v1/{path}"), 10)).collect();
    let others = Load::start(gateway.address, others);
    let slow = Load::start(gateway.address, (0..MANY).map(|_| wish("/api/v1/slow/1", 500)).collect());
    tokio::time::sleep(time).await;
    let (others, slow) = tokio::join!(others.stop(), slow.stop());
    Measured { slow, others }
}

async fn most_resident(gateway: &Gateway, time: Duration) -> u64 {
    let until = Instant::now() + time;
    let mut most = 0;
    while Instant::now() < until {
        most = most.max(gateway.resident());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    most
}

/// How long it takes until the breaker is closed, from when the service is back, while somebody asks for it.
async fn recovery(gateway: &Gateway, switch: &watch::Sender<bool>) -> Duration {
    switch.send_replace(false);
    let back = Instant::now();
    let wish = Wish { path: "/api/v1/slow/1".to_owned(), token: String::new(), pause: Duration::from_millis(20) };
    let load = Load::start(gateway.address, vec![wish]);
    while !closed(gateway).await && back.elapsed() < 3 * HANGS {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = back.elapsed();
    let _last = load.stop().await;
    took
}

async fn closed(gateway: &Gateway) -> bool {
    let metrics = gateway.tell(Method::GET, "/metrics").await.into_body();
    let metrics = String::from_utf8_lossy(&metrics).into_owned();
    let states = metrics.lines().filter(|line| line.starts_with("agora_upstream_breaker{service=\"slow\""));
    let states: Vec<&str> = states.filter_map(|line| line.rsplit(' ').next()).collect();
    states == ["0"]
}

fn others(before: &[Sample], during: &[Sample], beside: &[Sample], bounds: &mut Bounds) {
    for (name, samples) in [("before", before), ("during", during), ("the other gateway meanwhile", beside)] {
        println!(
            "  {name}: {} answers of other routes, p50 {:.2} ms, p99 {:.2} ms, of a usual second {:.2} ms",
            samples.len(),
            percentile(samples, 50),
            percentile(samples, 99),
            usual(samples, 99)
        );
    }
    let failed = failures("before", before) + failures("during", during);
    bounds.at_most("other routes that failed", failed as f64, 0.0, "");
    let most = SLOWER * usual(before, 99).max(usual(beside, 99));
    bounds.at_most("p99 of other routes in a usual second", usual(during, 99), most, "ms");
}

/// How many failed. With what, and in which seconds, is printed.
fn failures(name: &str, samples: &[Sample]) -> usize {
    let began = samples.iter().map(|sample| sample.at).min();
    let failed: Vec<&Sample> = samples.iter().filter(|sample| sample.status != 200).collect();
    let mut kinds: BTreeMap<(u64, u16, bool), usize> = BTreeMap::new();
    for sample in &failed {
        let second = began.map_or(0, |began| (sample.at - began).as_secs());
        *kinds.entry((second, sample.status.as_u16(), sample.refused)).or_default() += 1;
    }
    for ((second, status, refused), count) in kinds {
        let breaker = if refused { " by the breaker" } else { "" };
        println!("  {name}, second {second}: {count} times {status}{breaker}");
    }
    failed.len()
}

fn refusals(slow: &[Sample], bounds: &mut Bounds) {
    let refused: Vec<Sample> = slow.iter().filter(|sample| sample.refused).copied().collect();
    println!(
        "  {} breaker answers: p50 {:.2} ms, p99 {:.2} ms",
        refused.len(),
        percentile(&refused, 50),
        percentile(&refused, 99)
    );
    bounds.at_least("breaker answers", refused.len() as f64, 1000.0, "");
    bounds.at_most("p99 of breaker answers in a usual second", usual(&refused, 99), REFUSAL_MS, "ms");
}
