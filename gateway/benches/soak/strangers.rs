//! No answer of one user reaches another: the crowd of the tests, a hundred times as long.

use crate::bounds::Bounds;
use crate::crowd::{self, Crowd, MEMBERS, Tally};
use crate::process::Gateway;
use crate::service;
use crate::watched::internal_key;

const ROUNDS: u64 = 12;
const REQUESTS: u64 = 100_000;

pub(crate) async fn run(bounds: &mut Bounds) {
    println!("strangers: {ROUNDS} rounds of {REQUESTS} requests");
    let url = service::serve(crowd::service::router(&internal_key())).await;
    let gateway = Gateway::start(&url, "[cache]\nbytes = \"512KiB\"", "");
    let mut all = Tally::default();
    for round in 1..=ROUNDS {
        // Tokens do not last for all of it.
        let forger = gateway.forger();
        let token = |member: &crowd::Member| {
            member.sub.map(|sub| forger.issued(sub, member.sid.unwrap_or_default(), member.roles)).unwrap_or_default()
        };
        let crowd = Crowd {
            gateway: gateway.address,
            admin: gateway.admin,
            tokens: MEMBERS.iter().map(token).collect(),
            seed: 100 + round,
            connections: 32,
            requests: REQUESTS,
        };
        all += crowd.run().await;
    }
    let Tally { whole, pieces, unchanged, hits, stored, refused, writes, purges, failures } = all;
    println!(
        "  {whole} whole answers, {pieces} pieces, {unchanged} unchanged; {hits} from the cache, {stored} stored; \
         {refused} refused, {failures} failures of the service; {writes} writes and {purges} purges meanwhile"
    );
    println!("  ✓ each of them was the caller's own, as far as its route keeps callers apart");
    bounds.at_least("answers from the cache", hits as f64 / (ROUNDS * REQUESTS) as f64, 0.05, "of all");
}
