//! What composed and reshaped answers cost, against the plain calls that they are made of: all through one gateway, with the
//! same checks on every route.

pub(crate) mod answers;

use std::net::SocketAddr;

use super::load::{Load, Run};
use super::proxies::{self, Gateway};
use super::report;
use super::{Options, TOKENS, directory, turn};

const FILES: [directory::Entry; 3] = [
    ("gateway.toml", include_str!("composition/gateway.toml")),
    ("routes/cases.toml", include_str!("composition/routes.toml")),
    ("openapi/things.json", include_str!("composition/things.json")),
];

/// One line of the report: what a route costs, in terms of others.
struct Case {
    name: &'static str,
    path: &'static str,
    /// What it is compared with, and how often: the costs are added.
    against: &'static [(&'static str, f64)],
    goal: Option<f64>,
}

const SMALL: &str = "/plain/small";
const LARGE: &str = "/plain/large";
const PAGE: &str = "/plain/page";
const BATCH: &str = "/plain/batch?ids=100,101,102,103,104,105,106,107,108,109,110,111";

/// Each group is measured in one run of alternating turns.
const GROUPS: [&[Case]; 4] = [
    &[case("three parts of 2 KB / three plain forwards", "/composed/small", &[(SMALL, 3.0)], Some(1.15))],
    &[case("three parts of 64 KB / three plain forwards", "/composed/large", &[(LARGE, 3.0)], None)],
    &[case(
        "a join of 50 items by 12 keys / its two plain calls",
        "/composed/page",
        &[(PAGE, 1.0), (BATCH, 1.0)],
        Some(1.5),
    )],
    &[
        case("2 KB, a jq program of plain paths / a plain forward", "/shaped/form", &[(SMALL, 1.0)], None),
        case("2 KB, another jq program / a plain forward", "/shaped/jq", &[(SMALL, 1.0)], None),
        case("2 KB, rename and pick / a plain forward", "/shaped/words", &[(SMALL, 1.0)], None),
    ],
];

const LATENCY: &str = "p50 of three parts / of the slowest plain forward";

/// Connections for the comparison of latencies: few enough that nobody waits for a core.
const UNHURRIED: usize = 4;

const fn case(
    name: &'static str,
    path: &'static str,
    against: &'static [(&'static str, f64)],
    goal: Option<f64>,
) -> Case {
    Case { name, path, against, goal }
}

/// Measures all of it.
pub(crate) fn compare(core: Option<&str>, upstream: SocketAddr, options: &Options) {
    let wanted = |group: &&[Case]| group.iter().any(|case| options.wants(case.name));
    let groups: Vec<&[Case]> = GROUPS.into_iter().filter(wanted).collect();
    if groups.is_empty() && !options.wants(LATENCY) {
        return;
    }
    let directory = directory::write(&FILES);
    let gateway = Gateway::start(core, upstream, Some(directory.path()));
    let tokens = gateway.tokens(TOKENS);
    let load = |path: &'static str, connections: usize| Load {
        address: gateway.address(),
        path,
        tokens: tokens.clone(),
        connections,
    };
    for group in groups {
        costs(group, options, &gateway, |path| load(path, options.connections));
    }
    proxies::call(gateway.address(), "GET /composed/unread", &tokens[0], "").expect("parts of 64 KB are not parsed");
    println!("a part of 64 KB that is no JSON between its brackets passes: large parts are spliced, not parsed\n");
    if !options.wants(LATENCY) {
        return;
    }
    latency(options, &load("/composed/slow", UNHURRIED), &load("/plain/slow", UNHURRIED));
}

/// Alternating turns of every route of a group, and what each case costs in terms of the others.
fn costs(group: &[Case], options: &Options, gateway: &Gateway, load: impl Fn(&'static str) -> Load<'static>) {
    let mut paths: Vec<&'static str> = Vec::new();
    for path in group.iter().flat_map(|case| case.against.iter().map(|(path, _)| *path).chain([case.path])) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    let loads: Vec<Load<'_>> = paths.iter().map(|path| load(path)).collect();
    loads.iter().for_each(super::warm);
    let mut rounds: Vec<Vec<Run>> = Vec::new();
    for round in 1..=options.rounds {
        let runs: Vec<Run> = loads.iter().map(|load| turn(load, gateway.id(), options.turn)).collect();
        paths.iter().zip(&runs).for_each(|(path, run)| report::turn(round, short(path), run));
        rounds.push(runs);
    }
    for case in group {
        let cost = |runs: &[Run], path: &str| {
            let at = paths.iter().position(|known| *known == path).expect("a route of the group");
            runs[at].cost()
        };
        let sum = |runs: &[Run]| case.against.iter().map(|(path, times)| cost(runs, path) * times).sum::<f64>();
        let ratios = rounds.iter().map(|runs| cost(runs, case.path) / sum(runs)).collect();
        report::relation(case.name, ratios, case.goal);
    }
    println!();
}

/// The median latency of a composed answer against that of its slowest part alone.
fn latency(options: &Options, composed: &Load<'_>, slowest: &Load<'_>) {
    let mut ratios = Vec::new();
    for round in 1..=options.rounds {
        let (alone, all) = (slowest.run(options.turn), composed.run(options.turn));
        println!("  {round}  p50: the slowest part {:.0} µs, all {:.0} µs", alone.percentile(50), all.percentile(50));
        ratios.push(all.percentile(50) / alone.percentile(50));
    }
    report::relation(LATENCY, ratios, Some(1.15));
    println!();
}

fn short(path: &str) -> &str {
    path.split('?').next().unwrap_or(path)
}
