//! What a stored answer costs, against nginx and Varnish, which keep the same one; and what a limit costs where nothing is kept.
//!
//! Everybody keeps answers for an hour, so whatever is measured is a hit. That is checked before anything is measured: a proxy that
//! asks the upstream again is not a cache, and ends the benchmark.

use std::net::SocketAddr;

use super::load::{Load, Run};
use super::proxies::{self, Gateway, Nginx, Served, Setup};
use super::varnish::Varnish;
use super::{Options, Peer, TOKENS, bare, directory, report, turn, warm};

const FILES: [directory::Entry; 2] =
    [("gateway.toml", include_str!("cache/gateway.toml")), ("routes/cases.toml", include_str!("cache/routes.toml"))];

/// One line of the report: what a request costs, in terms of what the same costs elsewhere.
struct Case {
    name: &'static str,
    path: &'static str,
    /// Whether requests carry tokens; the gateway is the only one to check them.
    tokens: bool,
    other: Other,
    goal: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Other {
    /// nginx that keeps nothing.
    Nginx,
    /// nginx that keeps answers, as it is distributed.
    NginxCache,
    /// nginx that keeps answers and sends each in the cheapest way.
    TunedCache,
    Varnish,
    /// A server that has its answer ready and does not look at the request.
    Bare,
}

const CASES: [Case; 8] = [
    case("cache hit 1 KB: gateway / nginx proxy_cache", "/cached/small", Other::NginxCache, Some(0.75)),
    case("cache hit 1 KB: gateway / nginx proxy_cache, tuned", "/cached/small", Other::TunedCache, None),
    case("cache hit 1 KB: gateway / varnish", "/cached/small", Other::Varnish, Some(0.45)),
    case("cache hit 1 KB: gateway / bare sockets", "/cached/small", Other::Bare, None),
    case("cache hit 64 KB: gateway / nginx proxy_cache", "/cached/large", Other::NginxCache, Some(0.8)),
    case("cache hit 64 KB: gateway / nginx proxy_cache, tuned", "/cached/large", Other::TunedCache, None),
    Case {
        tokens: true,
        ..case(
            "cache hit 1 KB with token check and rate limit: gateway / nginx proxy_cache",
            "/checked/small",
            Other::NginxCache,
            Some(0.95),
        )
    },
    Case {
        tokens: true,
        ..case("1 KB with token check and rate limit: gateway / nginx", "/limited/small", Other::Nginx, Some(1.1))
    },
];

const fn case(name: &'static str, path: &'static str, other: Other, goal: Option<f64>) -> Case {
    Case { name, path, tokens: false, other, goal }
}

/// Whom the gateway is compared with, as far as they are installed.
struct Others {
    nginx: Option<Nginx>,
    caching: Option<Nginx>,
    tuned: Option<Nginx>,
    varnish: Option<Varnish>,
    bare: Option<Served>,
}

/// Measures all of it.
pub(crate) fn compare(core: Option<&str>, upstream: SocketAddr, options: &Options) {
    let cases: Vec<&Case> = CASES.iter().filter(|case| options.wants(case.name)).collect();
    if cases.is_empty() {
        return;
    }
    let others = Others::start(core, upstream, &cases);
    let cases = cases.into_iter().filter_map(|case| Some((case, others.peer(case.other)?)));
    let cases: Vec<(&Case, Peer<'_>)> = cases.collect();
    for (case, peer) in &cases {
        require_hit(case.other.shows_hit(), peer.name, peer.address, case.path, "");
    }
    if cases.is_empty() {
        return;
    }
    let directory = directory::write(&FILES);
    let gateway = Gateway::start(core, upstream, Some(directory.path()));
    for (case, peer) in &cases {
        measure(case, peer, &gateway, options);
    }
}

fn measure(case: &Case, peer: &Peer<'_>, gateway: &Gateway, options: &Options) {
    let tokens = if case.tokens { gateway.tokens(TOKENS) } else { vec![String::new()] };
    if case.other != Other::Nginx {
        require_hit(Some(gateway_shows_hit), "the gateway", gateway.address(), case.path, &tokens[0]);
    }
    let load = |address: SocketAddr| Load {
        address,
        path: case.path,
        tokens: tokens.clone(),
        connections: options.connections,
    };
    let (ours, theirs) = (load(gateway.address()), load(peer.address));
    warm(&ours);
    warm(&theirs);
    let round = |round: usize| {
        let mine: Run = turn(&ours, gateway.id(), options.turn);
        report::turn(round, "gateway", &mine);
        let other = turn(&theirs, peer.id, options.turn);
        report::turn(round, peer.name, &other);
        mine.cost() / other.cost()
    };
    report::relation(case.name, (1..=options.rounds).map(round).collect(), case.goal);
    println!();
}

/// Asks twice; the second answer has to come from the cache.
fn require_hit(shows: Option<fn(&str) -> bool>, name: &str, address: SocketAddr, path: &str, token: &str) {
    let Some(shows) = shows else { return };
    let ask = || proxies::exchange(address, &format!("GET {path}"), token, "").map(|(head, _)| head);
    let first = ask();
    let second = ask();
    let head = second.unwrap_or_else(|answer| panic!("{name} does not answer at {path}: {answer}"));
    assert!(shows(&head), "{name} does not keep the answer at {path}; it said {head} after {first:?}");
    println!("{name} keeps the answer at {path}");
}

/// The value of a field in a head.
fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// `Cache-Status: agora; hit; ttl=3599` (RFC 9211).
fn gateway_shows_hit(head: &str) -> bool {
    field(head, "cache-status").is_some_and(|value| {
        let mut parts = value.split(';').map(str::trim);
        parts.next() == Some("agora") && parts.any(|part| part == "hit")
    })
}

impl Other {
    /// What tells from a head that the answer was kept; nothing for who keeps none.
    fn shows_hit(self) -> Option<fn(&str) -> bool> {
        match self {
            Self::Nginx | Self::Bare => None,
            Self::NginxCache | Self::TunedCache => Some(|head| field(head, "x-cache-status") == Some("HIT")),
            // The number of this request, and of the one that fetched the answer.
            Self::Varnish => Some(|head| field(head, "x-varnish").is_some_and(|ids| ids.contains(' '))),
        }
    }
}

impl Others {
    /// Starts those that are needed, and says which cannot be.
    fn start(core: Option<&str>, upstream: SocketAddr, cases: &[&Case]) -> Self {
        let needed = |other| cases.iter().any(|case| case.other == other);
        let nginx = |setup| super::nginx(core, upstream, setup);
        let varnish = || {
            let started = Varnish::start(core, upstream);
            started.inspect_err(|reason| println!("varnish is not compared: {reason}")).ok()
        };
        let bare = || bare::start(core).inspect_err(|reason| println!("bare sockets are not compared: {reason}")).ok();
        Self {
            nginx: needed(Other::Nginx).then(|| nginx(Setup::Stock)).flatten(),
            caching: needed(Other::NginxCache).then(|| nginx(Setup::Cache)).flatten(),
            tuned: needed(Other::TunedCache).then(|| nginx(Setup::TunedCache)).flatten(),
            varnish: needed(Other::Varnish).then(varnish).flatten(),
            bare: needed(Other::Bare).then(bare).flatten(),
        }
    }

    fn peer(&self, other: Other) -> Option<Peer<'static>> {
        match other {
            Other::Nginx => self.nginx.as_ref().map(Nginx::peer),
            Other::NginxCache => self.caching.as_ref().map(Nginx::peer),
            Other::TunedCache => self.tuned.as_ref().map(Nginx::peer),
            Other::Varnish => self.varnish.as_ref().map(Varnish::peer),
            Other::Bare => self.bare.as_ref().map(|bare| bare.peer("bare sockets")),
        }
    }
}
