//! Pages of timelines and of the public feed: the first, and the fiftieth.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::Request;
use principal::{ASSERTION, Principal};
use serde_json::Value;
use tokio::runtime::Handle;
use upstream::{Pool, Upstream};

use super::world::{USERS, World};

/// What is read.
pub(crate) const CASES: [&str; 4] =
    ["home timeline, first page", "home timeline, page 50", "public feed, first page", "public feed, page 50"];

/// The page that is far down.
const FAR: usize = 50;
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody who reads: an account, where page 50 of its timeline and of the public feed begins.
pub(crate) struct Viewer {
    pub(crate) id: i64,
    pub(crate) home: String,
    public: String,
}

/// Those who read one database.
pub(crate) struct Reader<'w> {
    world: &'w World,
    service: Upstream,
    pool: Pool,
    pub(crate) viewers: Vec<Viewer>,
}

/// How long requests took, the shortest first.
#[derive(Clone, Debug)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// In microseconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        self.0[(self.0.len() * percent / 100).min(self.0.len() - 1)].as_secs_f64() * 1e6
    }
}

impl<'w> Reader<'w> {
    /// The first accounts whose timelines have fifty pages, at most so many.
    pub(crate) async fn new(world: &'w World, most: usize) -> Self {
        let service = Upstream::local("feed", world.service.router.clone(), Handle::current());
        let mut reader = Self { world, service, pool: Pool::new(), viewers: Vec::new() };
        for id in 1..=USERS {
            if reader.viewers.len() == most {
                break;
            }
            if let (Some(home), Some(public)) = (reader.far("/home", id).await, reader.far("/public", id).await) {
                reader.viewers.push(Viewer { id, home, public });
            }
        }
        assert!(!reader.viewers.is_empty(), "nobody has fifty pages");
        reader
    }

    /// The path of page 50, if there is one that is full.
    async fn far(&self, path: &str, viewer: i64) -> Option<String> {
        let mut next = path.to_owned();
        for _ in 1..FAR {
            let page = self.page(&next, viewer).await;
            next = format!("{path}?cursor={}", page["next_cursor"].as_str()?);
        }
        (self.page(&next, viewer).await["items"].as_array()?.len() == 20).then_some(next)
    }

    /// A page, as it is read.
    pub(crate) async fn page(&self, path: &str, viewer: i64) -> Value {
        serde_json::from_slice(&self.get(path, viewer).await).unwrap()
    }

    async fn get(&self, path: &str, viewer: i64) -> Bytes {
        let sid = "01931a0b-6f5e-7c3a-9a51-000000000001".to_owned();
        let caller = Principal { sub: Some(viewer.to_string()), sid: Some(sid), roles: Vec::new() };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let assertion = self.world.service.signer.assert(&caller, i64::try_from(now).unwrap());
        let request = Request::get(path).header(ASSERTION, assertion).body(Bytes::new()).unwrap();
        let answer = self.service.call(&self.pool, request, Instant::now() + PATIENCE).await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.into_body()
    }

    /// Reads so often, everybody in turn.
    pub(crate) async fn read(&self, case: usize, requests: usize) -> Times {
        let mut times = Vec::with_capacity(requests);
        for viewer in self.viewers.iter().cycle().take(requests) {
            let path = ["/home", &viewer.home, "/public", &viewer.public][case];
            let began = Instant::now();
            let page = self.get(path, viewer.id).await;
            times.push(began.elapsed());
            assert!(!page.is_empty());
        }
        times.sort_unstable();
        Times(times)
    }
}
