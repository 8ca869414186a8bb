//! A running system: in one process, or in parts that speak HTTP and NATS to each other.

use std::net::SocketAddr;
use std::time::Duration;

use boot::{CancellationToken, Vars};
use bus::Bus;
use database::{Database, Engine, Options};
use gateway::plan::Plan;
use principal::InternalKey;
use serde_json::{Value, json};
use service::{Clock, Parts};
use standalone::{Config, Report};
use tempfile::TempDir;
use testkit::Caller;
use testkit::nats::Nats;
use testkit::postgres::Postgres;
use testkit::seen::root;
use tokio::task::JoinHandle;
use upstream::Upstream;

use crate::{PASSWORD, User, user};

const SERVICES: [&str; 3] = ["users", "posts", "feed"];
const KEY: &str = "a key for tests, of more than thirty-two characters";
const STOPS_WITHIN: Duration = Duration::from_secs(20);

/// A system that runs.
pub(crate) struct System {
    address: SocketAddr,
    /// The services as the gateway calls them.
    upstreams: Vec<Upstream>,
    /// Where the accounts are: a URL that a program on the side may open too.
    database: String,
    clock: Clock,
    stop: CancellationToken,
    parts: Vec<JoinHandle<()>>,
    postgres: Option<Postgres>,
    nats: Option<Nats>,
    data: TempDir,
}

impl System {
    /// Everything in this process, over SQLite files, with the demo accounts: what `cargo run` starts.
    pub(crate) async fn standalone() -> Self {
        Self::whole(tempfile::tempdir().unwrap()).await
    }

    /// The gateway, and services on ports of their own with NATS between them.
    pub(crate) async fn split() -> Self {
        Self::parts(tempfile::tempdir().unwrap(), Postgres::create().await, Nats::start().await).await
    }

    /// Stops everything and starts it again on the same data.
    pub(crate) async fn restart(self) -> Self {
        let split = self.parts.len() > 1;
        let (data, postgres, nats) = self.stop().await;
        if split { Self::parts(data, postgres, nats).await } else { Self::whole(data).await }
    }

    /// Every letter that has been written.
    pub(crate) fn letters(&self) -> Vec<String> {
        let Ok(files) = std::fs::read_dir(self.data.path().join("mail")) else { return Vec::new() };
        let files = files.map(|file| file.unwrap()).filter(|file| file.file_name().to_string_lossy().ends_with(".eml"));
        files.map(|file| std::fs::read_to_string(file.path()).unwrap()).collect()
    }

    async fn whole(data: TempDir) -> Self {
        let config = config(&data, &[]);
        let clock = config.clock.clone();
        let running = standalone::start(config, &mut Report::silent()).await.unwrap();
        let upstreams = SERVICES.map(|name| running.upstream(name).unwrap().clone()).to_vec();
        let address = running.address();
        let database = database::sqlite_url(&data.path().join("users.db"));
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let whole = tokio::spawn(async move { running.run(stopped, None).await.unwrap() });
        Self { address, upstreams, database, clock, stop, parts: vec![whole], postgres: None, nats: None, data }
    }

    async fn parts(data: TempDir, postgres: Option<Postgres>, nats: Option<Nats>) -> Self {
        let file = || database::sqlite_url(&data.path().join("users.db"));
        let database = postgres.as_ref().map_or_else(file, Postgres::url);
        let stop = CancellationToken::new();
        let clock = Clock::system();
        let (server, shared) = (nats.as_ref(), Bus::in_process());
        let bus = async || match server {
            Some(nats) => Bus::connect(&nats.url()).await.unwrap(),
            // Where NATS is left out.
            None => shared.clone(),
        };
        let (users, users_url) = serve_users(&data, &database, &clock, bus().await, &stop).await;
        let (posts, posts_url) = serve_posts(&data, &clock, bus().await, &stop).await;
        let (feed, feed_url) = serve_feed(&data, &clock, bus().await, &stop).await;
        let config = config(&data, &[("USERS_URL", &users_url), ("POSTS_URL", &posts_url), ("FEED_URL", &feed_url)]);
        let gateway = gateway::build(config.gateway, Plan::load(&config.sources).unwrap(), Vec::new()).unwrap();
        let upstreams = SERVICES.map(|name| gateway.upstream(name).unwrap().clone()).to_vec();
        let bound = gateway.bind().unwrap();
        let address = bound.address();
        let stopped = stop.clone().cancelled_owned();
        let front = tokio::spawn(async move { bound.run(stopped, None).await.unwrap() });
        Self { address, upstreams, database, clock, stop, parts: vec![front, users, posts, feed], postgres, nats, data }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The origin of its own pages.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Somebody without a name. What is answered is checked against the public document.
    pub(crate) fn anonymous(&self) -> Caller {
        Caller::recorded(self.address)
    }

    /// A new account of that name, signed in.
    pub(crate) async fn user(&self, name: &str) -> User {
        let account = json!({ "username": name, "email": format!("{name}@example.test"), "password": PASSWORD });
        let answer = self.anonymous().post("/api/v1/auth/register", &account).await.expect(201);
        User::new(&self.anonymous(), &answer.json())
    }

    /// Another session of an account that a test has made.
    pub(crate) async fn login(&self, name: &str) -> User {
        let login = json!({ "login": name, "password": PASSWORD });
        let answer = self.anonymous().post("/api/v1/auth/login", &login).await.expect(200);
        User::new(&self.anonymous(), &answer.json())
    }

    /// A new account with the role of an administrator, which nobody gets over HTTP.
    pub(crate) async fn admin(&self) -> User {
        let _ = self.user("the_admin").await;
        let database =
            Database::open(&self.database, Options::usual(Engine::of(&self.database).unwrap())).await.unwrap();
        assert!(users::operate::promote(&database, "the_admin", users::Role::Admin).await.unwrap());
        database.close().await;
        self.login("the_admin").await
    }

    /// Cuts the service users off, or lets it be reached again.
    pub(crate) fn sever(&self, severed: bool) {
        self.cut("users", severed);
    }

    /// The same for any service.
    pub(crate) fn cut(&self, service: &str, severed: bool) {
        self.upstreams.iter().find(|upstream| upstream.name() == service).unwrap().sever(severed);
    }

    /// Lets time pass for the service users.
    pub(crate) fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// What a token says, without asking whether it is true.
    pub(crate) fn claims(&self, token: &str) -> Value {
        user::claims(token)
    }

    /// The public document as it is checked in.
    pub(crate) fn public_document(&self) -> Value {
        let text = std::fs::read(root().join("openapi/public.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// Every documented operation: method and path template.
    pub(crate) fn operations(&self) -> Vec<(String, String)> {
        let document = testkit::seen::Document::new(&self.public_document());
        document.operations().map(|operation| (operation.method, operation.template)).collect()
    }

    /// An identity for the service users that would be believed, were it handed on.
    pub(crate) fn assertion_for(&self, user: &User) -> String {
        let key = InternalKey::from_secret(&KEY.into()).unwrap().derive("gateway", "users");
        let principal =
            principal::Principal { sub: Some(user.id.to_string()), sid: None, roles: vec!["admin".to_owned()] };
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let assertion = principal::Signer::new("gateway", "users", key).assert(&principal, now.as_secs() as i64);
        assertion.to_str().unwrap().to_owned()
    }

    /// Stops everything in it, waits until it has stopped, and hands over its data.
    pub(crate) async fn stop(self) -> (TempDir, Option<Postgres>, Option<Nats>) {
        self.stop.cancel();
        for part in self.parts {
            tokio::time::timeout(STOPS_WITHIN, part).await.expect("it stops").unwrap();
        }
        (self.data, self.postgres, self.nats)
    }
}

fn config(data: &TempDir, more: &[(&str, &str)]) -> Config {
    let directory = data.path().display().to_string();
    let mut variables = vec![
        ("AGORA_DATA_DIR", directory.as_str()),
        ("AGORA_INTERNAL_KEY", KEY),
        ("GATEWAY_LISTEN", "127.0.0.1:0"),
        ("GATEWAY_ADMIN_LISTEN", "127.0.0.1:0"),
        ("GATEWAY_THREADS", "2"),
        // Tests know what they have written; `processes/restart.rs` has everything.
        ("AGORA_DEMO_DATA", "accounts"),
    ];
    variables.extend(more);
    let mut vars = Vars::from_pairs(variables);
    let config = Config::from_vars(&mut vars, Vec::new(), None);
    vars.finish().unwrap();
    config
}

/// Serves users on a port of its own; where that is.
async fn serve_users(
    data: &TempDir,
    url: &str,
    clock: &Clock,
    bus: Bus,
    stop: &CancellationToken,
) -> (JoinHandle<()>, String) {
    let mut settings = config(data, &[]).users;
    settings.mail = settings.mail.kept_in(data.path().join("mail"));
    let parts = parts(migration::Schema::Users, url, clock, bus).await;
    serve(parts.db.clone(), users::app(settings, parts), stop).await
}

/// Serves posts on a port of its own, over a file; where that is.
async fn serve_posts(data: &TempDir, clock: &Clock, bus: Bus, stop: &CancellationToken) -> (JoinHandle<()>, String) {
    let url = database::sqlite_url(&data.path().join("posts.db"));
    let parts = parts(migration::Schema::Posts, &url, clock, bus).await;
    let mut settings = config(data, &[]).posts;
    settings.media = settings.media.kept_in(data.path().join("media"));
    serve(parts.db.clone(), posts::app(settings, parts).unwrap(), stop).await
}

/// Serves feed on a port of its own, over a file; where that is.
async fn serve_feed(data: &TempDir, clock: &Clock, bus: Bus, stop: &CancellationToken) -> (JoinHandle<()>, String) {
    let url = database::sqlite_url(&data.path().join("feed.db"));
    let parts = parts(migration::Schema::Feed, &url, clock, bus).await;
    serve(parts.db.clone(), feed::app(config(data, &[]).feed, parts), stop).await
}

/// What a service is made of, over a migrated database.
async fn parts(schema: migration::Schema, url: &str, clock: &Clock, bus: Bus) -> Parts {
    let db = Database::open(url, Options::usual(Engine::of(url).unwrap())).await.unwrap();
    migration::up(schema, &db).await.unwrap();
    let key = InternalKey::from_secret(&KEY.into()).unwrap().derive("gateway", schema.name());
    let verifier = principal::Verifier::new(schema.name(), vec![("gateway".to_owned(), key)]);
    Parts { db, verifier, clock: clock.clone(), bus }
}

async fn serve(db: Database, app: boot::App, stop: &CancellationToken) -> (JoinHandle<()>, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stopped = stop.clone().cancelled_owned();
    let served = tokio::spawn(async move {
        boot::serve(listener, app, stopped, STOPS_WITHIN).await;
        db.close().await;
    });
    (served, format!("http://{address}"))
}
