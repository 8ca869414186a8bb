//! Gateway and users as processes of their own: one dies and comes back, and the other has never stopped.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use testkit::postgres::Postgres;
use testkit::process::Process;
use testkit::{Caller, until};

use super::{PATIENCE, address_of, binary, ready};

const KEY: &str = "a key for tests, of more than thirty-two characters";

struct Users {
    database: String,
    listen: String,
    _postgres: Option<Postgres>,
}

impl Users {
    async fn new(data: &Path) -> Self {
        let postgres = Postgres::create().await;
        let file = || format!("sqlite://{}/users.db?mode=rwc", data.display());
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let users = Self {
            database: postgres.as_ref().map_or_else(file, Postgres::url),
            listen: format!("127.0.0.1:{port}"),
            _postgres: postgres,
        };
        users.migrate().await;
        users
    }

    async fn migrate(&self) {
        let engine = database::Engine::of(&self.database).unwrap();
        let database = database::Database::open(&self.database, database::Options::usual(engine)).await.unwrap();
        migration::up(migration::Schema::Users, &database).await.unwrap();
        database.close().await;
    }

    async fn start(&self) -> Process {
        let variables = [
            ("USERS_DATABASE_URL", self.database.as_str()),
            ("USERS_LISTEN", &self.listen),
            ("AGORA_INTERNAL_KEY", KEY),
        ];
        let process = Process::start(binary("users"), &["run"], &variables);
        ready(self.listen.parse().unwrap()).await;
        process
    }
}

/// Another service as a process of its own, over a file; and where it is.
async fn beside(data: &Path, schema: migration::Schema) -> (Process, String) {
    let name = schema.name();
    let url = database::sqlite_url(&data.join(format!("{name}.db")));
    let options = database::Options::usual(database::Engine::Sqlite);
    let database = database::Database::open(&url, options).await.unwrap();
    migration::up(schema, &database).await.unwrap();
    database.close().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (listen, variable) = (format!("127.0.0.1:{port}"), |what: &str| format!("{}_{what}", name.to_uppercase()));
    let variables = [(variable("DATABASE_URL"), url), (variable("LISTEN"), listen.clone())];
    let [url, at] = variables.each_ref().map(|(name, value)| (name.as_str(), value.as_str()));
    let media = data.join("media");
    let media = ("POSTS_MEDIA_DIR", media.to_str().unwrap());
    let process = Process::start(binary(name), &["run"], &[url, at, media, ("AGORA_INTERNAL_KEY", KEY)]);
    ready(listen.parse().unwrap()).await;
    (process, format!("http://{listen}"))
}

async fn gateway(data: &Path, users: &Users) -> (Process, SocketAddr) {
    let (keys, url) = (data.join("keys"), format!("http://{}", users.listen));
    let variables = [
        ("GATEWAY_LISTEN", "127.0.0.1:0"),
        ("GATEWAY_ADMIN_LISTEN", "127.0.0.1:0"),
        ("GATEWAY_KEYS_DIR", keys.to_str().unwrap()),
        ("USERS_URL", &url),
        ("AGORA_INTERNAL_KEY", KEY),
    ];
    let process = Process::start(binary("gateway"), &["run"], &variables);
    let address = address_of(&process, "\"address\":\"");
    ready(address).await;
    (process, address)
}

#[tokio::test]
async fn the_gateway_outlives_its_service_and_finds_it_again() {
    let data = tempfile::tempdir().unwrap();
    let users = Users::new(data.path()).await;
    let service = users.start().await;
    let (mut gateway, address) = gateway(data.path(), &users).await;
    let caller = Caller::recorded(address);
    let account = json!({ "username": "ada", "password": "password" });
    let tokens = caller.post("/api/v1/auth/register", &account).await.expect(201).json();
    let ada = caller.clone().with_token(tokens["access_token"].as_str().unwrap());
    let _ = ada.get("/api/v1/users/me").await.expect(200);

    service.signal("KILL");
    drop(service);
    let answer = until("the service is missed", PATIENCE, async || {
        let answer = ada.get("/api/v1/auth/sessions").await;
        (answer.status == 503).then_some(answer)
    })
    .await;
    answer.problem(503, "upstream_unavailable");
    assert!(answer.took < Duration::from_millis(3500));
    let _ = caller.get("/livez").await.expect(200);
    let older = ada.get("/api/v1/users/me").await.expect(200);
    assert!(older.header("cache-status").starts_with("agora; hit"), "what is kept is given: {}", older.sentence());

    let _service = users.start().await;
    // The breaker may be open by now: it finds out with its next probe.
    let found = async || (ada.get("/api/v1/auth/sessions").await.status == 200).then_some(());
    until("the service is found again", PATIENCE, found).await;
    gateway.signal("TERM");
    assert!(gateway.exit().success(), "{}", gateway.output());
}

#[tokio::test]
async fn a_gateway_that_restarts_while_the_service_is_down_still_knows_what_was_revoked() {
    let data = tempfile::tempdir().unwrap();
    let users = Users::new(data.path()).await;
    let service = users.start().await;
    let (mut first, address) = gateway(data.path(), &users).await;
    let caller = Caller::recorded(address);
    let account = json!({ "username": "ada", "password": "password" });
    let tokens = caller.post("/api/v1/auth/register", &account).await.expect(201).json();
    let access = tokens["access_token"].as_str().unwrap();
    let logout = caller.post("/api/v1/auth/logout", &json!({ "refresh_token": tokens["refresh_token"] }));
    let _ = logout.bearer(access).await.expect(204);
    service.signal("KILL");
    drop(service);
    first.signal("TERM");
    assert!(first.exit().success());

    let (_second, address) = gateway(data.path(), &users).await;
    let answer = Caller::recorded(address).get("/api/v1/users/me").bearer(access).await;
    answer.problem(401, "session_revoked");
}

#[tokio::test]
async fn the_running_service_has_the_contract_that_the_gateway_is_built_with() {
    let data = tempfile::tempdir().unwrap();
    let users = Users::new(data.path()).await;
    let _service = users.start().await;
    let url = format!("http://{}", users.listen);
    let (_posts, posts) = beside(data.path(), migration::Schema::Posts).await;
    let (_feed, feed) = beside(data.path(), migration::Schema::Feed).await;
    let variables =
        [("USERS_URL", url.as_str()), ("POSTS_URL", &posts), ("FEED_URL", &feed), ("AGORA_INTERNAL_KEY", KEY)];
    let mut check = Process::start(binary("gateway"), &["check", "--live"], &variables);
    assert!(check.exit().success(), "{}", check.output());
    let told = check.output();
    for (name, url) in [("users", &url), ("posts", &posts), ("feed", &feed)] {
        assert!(told.contains(&format!("`{name}` at {url}/ has the contract that is pinned.")), "{told}");
    }
}
