//! A thousand other configurations while requests go on: none of them fails, and nothing of the old ones stays behind.

use std::time::{Duration, Instant};

use http::Method;
use tokio::sync::watch;

use crate::bounds::Bounds;
use crate::caching::files::MORE;
use crate::load::{Load, Wish, percentile};
use crate::process::Gateway;
use crate::{MIB, service};

const RELOADS: usize = 1_000;
/// What one third may take above the one before it.
const NOISE: u64 = 4 * MIB;

pub(crate) async fn run(bounds: &mut Bounds) {
    println!("reloads: {RELOADS} of them under load");
    let (_switch, well) = watch::channel(false);
    let url = service::serve(service::that_may_hang(well)).await;
    let gateway = Gateway::start(&url, "", "");
    let token = gateway.forger().issued("7", "a", &[]);
    let paths = ["plain/1", "timed/1", "mine", "both/1", "profiles/1", "ranks", "shelves/1", "plain/2"];
    let wish =
        |path: &&str| Wish { path: format!("/api/v1/{path}"), token: token.clone(), pause: Duration::from_millis(1) };
    let load = Load::start(gateway.address, paths.iter().map(wish).collect());
    let (began, mut resident) = (Instant::now(), Vec::new());
    for number in 0..RELOADS {
        reload(&gateway, number % 2 == 0).await;
        resident.push(gateway.resident());
    }
    let took = began.elapsed();
    let samples = load.stop().await;
    println!(
        "  {} answers in {:.1} s, p99 {:.2} ms; a reload takes {:.1} ms",
        samples.len(),
        took.as_secs_f64(),
        percentile(&samples, 99),
        took.as_secs_f64() * 1e3 / RELOADS as f64
    );
    let failed = samples.iter().filter(|sample| sample.status != 200).count();
    bounds.at_most("requests that failed", failed as f64, 0.0, "");
    bounds.at_least("requests for each reload", samples.len() as f64 / RELOADS as f64, 2.0, "");
    let mebibytes = |bytes: u64| bytes as f64 / MIB as f64;
    let most = |part: &[u64]| mebibytes(part.iter().max().copied().unwrap_or_default());
    let third = RELOADS / 3;
    let [first, middle, last] = [&resident[..third], &resident[third..2 * third], &resident[2 * third..]].map(most);
    println!("  most of each third: {first:.1}, {middle:.1}, {last:.1} MiB");
    bounds.at_most("resident memory in the last third", last, middle + mebibytes(NOISE), "MiB");
}

async fn reload(gateway: &Gateway, more: bool) {
    let path = gateway.files().join("routes/things.toml");
    let text = std::fs::read_to_string(&path).expect("routes");
    let text = if more { text + MORE } else { text.replace(MORE, "") };
    std::fs::write(&path, text).expect("routes");
    let answer = gateway.tell(Method::POST, "/reload").await;
    assert_eq!(answer.status(), 200, "{}", String::from_utf8_lossy(answer.body()));
}
