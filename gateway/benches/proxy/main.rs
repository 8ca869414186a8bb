//! What a request costs: this gateway against nginx, in turns, behind the same load and before the same upstream.
//!
//! Composed answers are compared with the plain calls that they are made of ([`composition`]), stored ones with those of other
//! caches ([`cache`]).
//!
//! `make bench`, or `cargo bench -p gateway --bench proxy -- [--rounds N] [--seconds N] [--connections N] [--only NAME]`, where the
//! name is `nginx` or a part of the name of a composed or a cached case.
//!
//! With `--other PROGRAM` another build of the gateway takes the place of nginx: so two versions of it are compared.
//!
//! The proxy runs on core 0, with one worker. The load and the upstream, both of our own, run on core 1. A turn is a few seconds
//! of GET requests over keep-alive connections, each with one of 256 valid access tokens: the gateway checks the token, asserts the
//! caller, guards, routes and counts; nginx does none of that. The figure that holds is the CPU time of the proxy's threads divided
//! by the number of requests. Throughput and latency are printed as information: on a shared machine they move by far more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a benchmark fails by panicking and prints its results"
)]

mod bare;
mod cache;
mod composition;
mod directory;
mod load;
mod proxies;
mod report;
mod size;
mod upstream;
mod usage;
mod varnish;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use load::{Load, Run};
use proxies::{Gateway, Nginx, Setup};

const LOAD_CORE: &str = "1";
const PROXY_CORE: &str = "0";
const TOKENS: usize = 256;

/// What a command line says.
struct Options {
    rounds: usize,
    turn: Duration,
    connections: usize,
    only: Option<String>,
    other: Option<PathBuf>,
}

/// Whom the gateway is compared with.
struct Peer<'a> {
    name: &'a str,
    address: SocketAddr,
    id: u32,
}

/// A configuration that keeps nothing of answers.
const PLAIN: [directory::Entry; 2] =
    [("gateway.toml", include_str!("plain/gateway.toml")), ("routes/plain.toml", include_str!("plain/routes.toml"))];

fn main() {
    if std::env::args().any(|argument| argument == bare::ARGUMENT) {
        return bare::serve();
    }
    let options = Options::read();
    let pinned = usage::pin(LOAD_CORE);
    if !pinned {
        println!("taskset or a second core is missing: nothing is pinned, so take the ratios with a grain of salt");
    }
    let core = pinned.then_some(PROXY_CORE);
    let upstream = upstream::start();
    println!(
        "{} rounds of {:?} a turn, {} connections, {TOKENS} tokens in rotation\n",
        options.rounds, options.turn, options.connections
    );
    if let Some(other) = &options.other {
        against_build(core, upstream, &options, other);
        return;
    }
    if options.wants("nginx") {
        against_nginx(core, upstream, &options);
        size::report();
    }
    composition::compare(core, upstream, &options);
    cache::compare(core, upstream, &options);
}

fn against_build(core: Option<&str>, upstream: SocketAddr, options: &Options, program: &Path) {
    let files = directory::write(&PLAIN);
    let gateway = Gateway::start(core, upstream, Some(files.path()));
    let other = Gateway::of(program, core, upstream, Some(files.path()));
    let peer = Peer { name: "other", address: other.address(), id: other.id() };
    // Each has signed its own tokens.
    compare("1 KB", "/api/v1/users/small", options, &gateway, Some((&peer, other.tokens(TOKENS))));
    compare("64 KB", "/api/v1/users/large", options, &gateway, Some((&peer, other.tokens(TOKENS))));
    one_connection(options, &gateway, Some((&peer, other.tokens(TOKENS))), upstream);
}

fn against_nginx(core: Option<&str>, upstream: SocketAddr, options: &Options) {
    let files = directory::write(&PLAIN);
    let gateway = Gateway::start(core, upstream, Some(files.path()));
    let nginx = nginx(core, upstream, Setup::Stock);
    let ample = nginx.as_ref().and_then(|_| self::nginx(core, upstream, Setup::Ample));
    let against = |case: &str, path: &str, nginx: Option<&Nginx>| {
        let peer = nginx.map(Nginx::peer);
        compare(case, path, options, &gateway, peer.as_ref().map(|peer| (peer, gateway.tokens(TOKENS))));
    };
    against("1 KB", "/api/v1/users/small", nginx.as_ref());
    against("64 KB", "/api/v1/users/large", nginx.as_ref());
    if ample.is_some() {
        against("64 KB, nginx with buffers for it", "/api/v1/users/large", ample.as_ref());
    }
    let single = nginx.as_ref().map(Nginx::peer);
    one_connection(options, &gateway, single.as_ref().map(|peer| (peer, gateway.tokens(TOKENS))), upstream);
    println!("gateway: {:.1} MB resident after the load", usage::resident_mb(gateway.id()));
}

fn nginx(core: Option<&str>, upstream: SocketAddr, setup: Setup) -> Option<Nginx> {
    Nginx::start(core, upstream, setup).inspect_err(|reason| println!("nginx is not compared: {reason}")).ok()
}

/// Alternating turns of many connections, and the ratio of what a request cost. A peer may want tokens of its own.
fn compare(case: &str, path: &str, options: &Options, gateway: &Gateway, peer: Option<(&Peer<'_>, Vec<String>)>) {
    println!("{case}: GET {path}");
    let load =
        |address: SocketAddr, tokens: Vec<String>| Load { address, path, tokens, connections: options.connections };
    let ours = load(gateway.address(), gateway.tokens(TOKENS));
    let theirs = peer.map(|(peer, tokens)| (load(peer.address, tokens), peer));
    warm(&ours);
    if let Some((load, _)) = &theirs {
        warm(load);
    }
    let mut ratios = Vec::new();
    for round in 1..=options.rounds {
        let mine = turn(&ours, gateway.id(), options.turn);
        report::turn(round, "gateway", &mine);
        let Some((load, peer)) = &theirs else { continue };
        let other = turn(load, peer.id, options.turn);
        report::turn(round, peer.name, &other);
        ratios.push(report::ratio(round, peer.name, &mine, &other));
    }
    if let Some((_, peer)) = theirs {
        report::median(case, peer.name, ratios);
    }
}

/// What each adds to the median latency of a call, seen by a single connection. A peer may want tokens of its own.
fn one_connection(options: &Options, gateway: &Gateway, peer: Option<(&Peer<'_>, Vec<String>)>, upstream: SocketAddr) {
    println!("one connection: GET /api/v1/users/small");
    let load = |address: SocketAddr, tokens: Vec<String>| Load {
        address,
        path: "/api/v1/users/small",
        tokens,
        connections: 1,
    };
    let direct = load(upstream, gateway.tokens(TOKENS));
    let ours = load(gateway.address(), gateway.tokens(TOKENS));
    let theirs = peer.map(|(peer, tokens)| (load(peer.address, tokens), peer.name));
    let mut added = Vec::new();
    for round in 1..=options.rounds {
        let direct = direct.run(options.turn);
        let ours = ours.run(options.turn);
        let theirs = theirs.as_ref().map(|(load, name)| (*name, load.run(options.turn)));
        added.push(report::added(round, &direct, &ours, theirs.as_ref()));
    }
    report::median_added(theirs.map(|(_, name)| name), added);
}

fn warm(load: &Load<'_>) {
    let run = load.run(Duration::from_secs(1));
    assert!(run.requests() > 0, "no answer from {}", load.address);
}

fn turn(load: &Load<'_>, proxy: u32, time: Duration) -> Run {
    let before = usage::cpu(proxy);
    let mut run = load.run(time);
    run.cpu = usage::cpu(proxy).saturating_sub(before);
    run
}

impl Options {
    /// Whether what has this name is to be measured.
    fn wants(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|only| name.contains(only))
    }

    fn read() -> Self {
        let arguments: Vec<String> = std::env::args().collect();
        let text = |name: &str| {
            let at = arguments.iter().position(|argument| argument == name)?;
            Some(arguments.get(at + 1).expect("a value").clone())
        };
        let number =
            |name: &str, default: usize| text(name).map_or(default, |number| number.parse().expect("a number"));
        Self {
            rounds: number("--rounds", 3),
            turn: Duration::from_secs(number("--seconds", 5) as u64),
            connections: number("--connections", 64),
            only: text("--only"),
            other: text("--other").map(PathBuf::from),
        }
    }
}
