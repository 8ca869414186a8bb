//! Memory stays within the budget of the cache and a fixed amount more, with ten times as much to keep as there is room for;
//! and it stays where it is, also where nobody looks at the metrics.

use std::time::{Duration, Instant};

use http::Request;
use testkit::client::{Connection, full};

use crate::bounds::Bounds;
use crate::load::mixed;
use crate::process::Gateway;
use crate::{MIB, service};

const BUDGET: u64 = 64 * MIB;
/// What everything else may take.
const MORE: u64 = 64 * MIB;
const KEYS: u64 = 10 * BUDGET / ((service::LONGEST + service::SHORTEST) / 2) as u64;
const CONNECTIONS: u64 = 16;
/// Then a connection is given up for another one, which another thread of the gateway may serve: what is kept was then
/// allocated by one thread and gives way to what is allocated by another.
const REQUESTS_PER_CONNECTION: u64 = 5_000;
/// What one third may be above the one before it.
const NOISE: u64 = 4 * MIB;

pub(crate) async fn run(time: Duration, bounds: &mut Bounds) {
    println!("memory: {KEYS} answers of 1 to 64 KB for a budget of {} MiB, for {time:?}", BUDGET / MIB);
    let url = service::serve(service::of_many_sizes()).await;
    let gateway = Gateway::start(&url, &format!("[cache]\nbytes = \"{}MiB\"", BUDGET / MIB), "");
    println!("  {} MiB resident at the start", gateway.resident() / MIB);
    let until = Instant::now() + time;
    let asking: Vec<_> = (0..CONNECTIONS).map(|number| tokio::spawn(ask(gateway.address, number, until))).collect();
    let mut resident = Vec::new();
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    while Instant::now() < until {
        seconds.tick().await;
        resident.push(gateway.resident());
    }
    let (mut requests, mut hits) = (0, 0);
    for one in asking {
        let of_one = one.await.expect("a connection");
        (requests, hits) = (requests + of_one.0, hits + of_one.1);
    }
    println!("  {requests} requests, of which {hits} were hits; at the end {}", gateway.kept().await);
    report(&resident, bounds);
    bounds.at_least("requests for each key", requests as f64 / KEYS as f64, 2.0, "");
}

fn report(resident: &[u64], bounds: &mut Bounds) {
    let mebibytes = |bytes: u64| bytes as f64 / MIB as f64;
    let mean = |part: &[u64]| part.iter().sum::<u64>() / part.len().max(1) as u64;
    let third = resident.len() / 3;
    let [first, middle, last] =
        [&resident[..third], &resident[third..2 * third], &resident[2 * third..]].map(|part| mebibytes(mean(part)));
    println!("  mean of each third: {first:.1}, {middle:.1}, {last:.1} MiB");
    let most = resident.iter().max().copied().unwrap_or_default();
    bounds.at_most("resident memory at most", mebibytes(most), mebibytes(BUDGET + MORE), "MiB");
    bounds.at_most("mean of the last third", last, middle + mebibytes(NOISE), "MiB");
}

async fn ask(gateway: std::net::SocketAddr, number: u64, until: Instant) -> (u64, u64) {
    let mut connection = Connection::open(gateway).await;
    let (mut requests, mut hits) = (0_u64, 0);
    while Instant::now() < until {
        let key = mixed(number << 40 | requests) % KEYS;
        let request = Request::get(format!("/api/v1/things/{key}")).body(full("")).expect("a request");
        let answer = connection.next(request).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let word = answer.headers().get("cache-status").and_then(|word| word.to_str().ok()).unwrap_or_default();
        requests += 1;
        if requests.is_multiple_of(REQUESTS_PER_CONNECTION) {
            connection = Connection::open(gateway).await;
        }
        hits += u64::from(word.contains("; hit"));
    }
    (requests, hits)
}
