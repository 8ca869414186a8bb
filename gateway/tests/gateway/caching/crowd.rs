//! Many callers at once who ask for everything that is kept, in every way there is, while answers are evicted and purged and
//! things are written; and for each answer the question whether it may be this caller's.
//!
//! It needs to know of a gateway only where it is: whoever starts one gives it [`service`] as the service behind
//! `files`.

mod asked;
pub(crate) mod dice;
pub(crate) mod service;
mod verdict;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};
use testkit::client::{Connection, full};

use asked::Asked;
use dice::Dice;

/// One who asks.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) sub: Option<&'static str>,
    pub(crate) sid: Option<&'static str>,
    pub(crate) roles: &'static [&'static str],
}

/// A stranger, users in one session or in two, and users of whose roles and names some are made of the same letters.
pub(crate) const MEMBERS: [Member; 8] = [
    Member { sub: None, sid: None, roles: &[] },
    Member { sub: Some("7"), sid: Some("a"), roles: &[] },
    Member { sub: Some("7"), sid: Some("b"), roles: &[] },
    Member { sub: Some("8"), sid: Some("c"), roles: &[] },
    Member { sub: Some("9"), sid: Some("d"), roles: &["admin"] },
    Member { sub: Some("7"), sid: Some("e"), roles: &["admin", "editor"] },
    Member { sub: Some("8"), sid: Some("f"), roles: &["admin"] },
    Member { sub: Some("8admin"), sid: Some("g"), roles: &[] },
];

/// How much of a caller a service may see behind a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    /// Not even that somebody calls.
    Untold,
    Nobody,
    Viewer,
    Roles,
    /// As nothing is kept.
    All,
}

/// A route, and what it asks of the service.
#[derive(Debug)]
struct Door {
    public: &'static str,
    /// Where the service is asked, under the names of the parts; one without a name where the answer is the service's own.
    service: &'static [(&'static str, &'static str)],
    shows: Shows,
    has_id: bool,
    has_query: bool,
}

const fn door(public: &'static str, service: &'static [(&'static str, &'static str)], shows: Shows) -> Door {
    Door { public, service, shows, has_id: true, has_query: true }
}

const DOORS: [Door; 9] = [
    door("/api/v1/things/", &[("", "/things/")], Shows::Nobody),
    door("/api/v1/timed/", &[("", "/timed/")], Shows::Nobody),
    door("/api/v1/shelves/", &[("", "/shelves/")], Shows::Nobody),
    door("/api/v1/profiles/", &[("", "/profiles/")], Shows::Viewer),
    Door { has_id: false, has_query: false, ..door("/api/v1/mine", &[("", "/mine")], Shows::Viewer) },
    Door { has_id: false, has_query: false, ..door("/api/v1/ranks", &[("", "/ranks")], Shows::Roles) },
    Door {
        has_query: false,
        ..door("/api/v1/both/", &[("thing", "/things/"), ("profile", "/profiles/")], Shows::Viewer)
    },
    door("/api/v1/plain/", &[("", "/plain/")], Shows::All),
    door("/origin/", &[("", "/origin/")], Shows::Untold),
];

impl Member {
    /// What a service that shows so much of a caller echoes of this one.
    fn seen(&self, shows: Shows) -> Value {
        match shows {
            Shows::Untold => json!("nobody"),
            Shows::Nobody => json!({ "sub": null, "sid": null, "roles": [] }),
            Shows::Viewer => json!({ "sub": self.sub, "sid": null, "roles": self.roles }),
            Shows::Roles => json!({ "sub": null, "sid": null, "roles": self.roles }),
            Shows::All => json!({ "sub": self.sub, "sid": self.sid, "roles": self.roles }),
        }
    }
}

/// What came of it all.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Answers with the whole of what was asked for.
    pub(crate) whole: u64,
    pub(crate) pieces: u64,
    pub(crate) unchanged: u64,
    /// Answers that came from what was kept, stale ones among them.
    pub(crate) hits: u64,
    pub(crate) stored: u64,
    /// Requests that nobody may make.
    pub(crate) refused: u64,
    pub(crate) writes: u64,
    pub(crate) purges: u64,
    /// Answers that the service could not give.
    pub(crate) failures: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.whole += more.whole;
        self.pieces += more.pieces;
        self.unchanged += more.unchanged;
        self.hits += more.hits;
        self.stored += more.stored;
        self.refused += more.refused;
        self.writes += more.writes;
        self.purges += more.purges;
        self.failures += more.failures;
    }
}

/// The gateway, those who call it, and how long they do.
#[derive(Debug)]
pub(crate) struct Crowd {
    pub(crate) gateway: SocketAddr,
    pub(crate) admin: SocketAddr,
    /// The access tokens of [`MEMBERS`], in their order; empty for the stranger.
    pub(crate) tokens: Vec<String>,
    pub(crate) seed: u64,
    pub(crate) connections: u64,
    pub(crate) requests: u64,
}

/// What all of them know.
struct Shared {
    crowd: Crowd,
    asked: AtomicU64,
    /// Of what each tag is the tag, and for whom.
    tags: Mutex<HashMap<String, String>>,
}

/// After so many requests something is purged.
const PURGES: u64 = 400;
/// The most tags that are remembered.
const MOST_TAGS: usize = 100_000;

impl Crowd {
    /// Asks until all requests are made; fails with a sentence at the first answer that this caller may not have.
    pub(crate) async fn run(self) -> Tally {
        let connections = self.connections;
        let shared = Arc::new(Shared { crowd: self, asked: AtomicU64::new(0), tags: Mutex::default() });
        let tasks: Vec<_> = (0..connections).map(|number| tokio::spawn(one(Arc::clone(&shared), number))).collect();
        let mut tally = Tally::default();
        for task in tasks {
            tally += task.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        }
        tally
    }
}

/// What one connection asks, of all members in turn.
async fn one(shared: Arc<Shared>, number: u64) -> Tally {
    let crowd = &shared.crowd;
    let mut dice = Dice::new(crowd.seed.wrapping_mul(1_000).wrapping_add(number));
    let mut connection = Connection::open(crowd.gateway).await;
    let mut tally = Tally::default();
    loop {
        let at = shared.asked.fetch_add(1, Ordering::Relaxed);
        if at >= crowd.requests {
            return tally;
        }
        if at % PURGES == PURGES - 1 {
            purge(crowd.admin, &mut dice).await;
            tally.purges += 1;
        }
        if dice.one_in(50) {
            write(&mut connection, &mut dice).await;
            tally.writes += 1;
            continue;
        }
        let tags = || shared.tags.lock().unwrap().keys().next().cloned();
        let asked = Asked::new(&mut dice, &crowd.tokens, tags);
        let answer = connection.next(asked.request()).await;
        let answer = answer.unwrap_or_else(|error| panic!("{asked:?}: {error}"));
        verdict::judge(&asked, &answer, &shared.tags, &mut tally).unwrap_or_else(|wrong| {
            let (seed, body) = (crowd.seed, String::from_utf8_lossy(answer.body()));
            panic!(
                "seed {seed}, connection {number}: {wrong}\n{asked:#?}\n{} {:#?}\n{body}",
                answer.status(),
                answer.headers()
            )
        });
    }
}

async fn write(connection: &mut Connection, dice: &mut Dice) {
    let (method, path) = match dice.below(3) {
        0 => (Method::POST, "/api/v1/things".to_owned()),
        _ => (Method::PUT, format!("/api/v1/things/{}", asked::id(dice))),
    };
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let written = connection.next(request.body(full("{}")).unwrap()).await;
    expect(&written.unwrap(), 200);
}

async fn purge(admin: SocketAddr, dice: &mut Dice) {
    let what = match dice.below(8) {
        0 => "all=true".to_owned(),
        1..4 => format!("tag=shelf:{}", asked::id(dice)),
        _ => format!("path=/api/v1/things/{}", asked::id(dice)),
    };
    let request = Request::delete(format!("/cache?{what}")).header("agora-admin", "yes");
    let purged = Connection::open(admin).await.exchange(request.body(full("")).unwrap()).await;
    expect(&purged.unwrap(), 204);
}

fn expect(answer: &Response<Bytes>, status: u16) {
    assert_eq!(answer.status().as_u16(), status, "{}", String::from_utf8_lossy(answer.body()));
}
