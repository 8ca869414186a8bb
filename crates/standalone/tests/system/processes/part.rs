//! One program of the system with a port of its own, which it has again after each start.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};

use migration::Schema;
use testkit::postgres::Postgres;
use testkit::process::Process;

use super::{binary, ready};

/// What every process of a test derives its keys from.
pub(super) const KEY: &str = "a key for tests, of more than thirty-two characters";

/// A program, running or not.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    program: PathBuf,
    variables: Vec<(String, String)>,
    _database: Option<Postgres>,
    process: Option<Process>,
}

impl Part {
    /// `listen` is the variable of its address.
    pub(super) fn new(name: &'static str, program: PathBuf, listen: &str) -> Self {
        let address = free();
        let variables =
            vec![(listen.to_owned(), address.to_string()), ("AGORA_INTERNAL_KEY".to_owned(), KEY.to_owned())];
        Self { name, address, program, variables, _database: None, process: None }
    }

    /// A service over a migrated database: PostgreSQL, or a file where that is left out.
    pub(super) async fn service(schema: Schema, data: &Path) -> Self {
        let postgres = Postgres::create().await;
        let file = || database::sqlite_url(&data.join(format!("{}.db", schema.name())));
        let url = postgres.as_ref().map_or_else(file, Postgres::url);
        migrate(schema, &url).await;
        let variable = |what: &str| format!("{}_{what}", schema.name().to_uppercase());
        let part = Self::new(schema.name(), binary(schema.name()), &variable("LISTEN"));
        // Only posts looks at where pictures are.
        let media = data.join("media").to_str().expect("a path in UTF-8").to_owned();
        Self { _database: postgres, ..part }.with(variable("DATABASE_URL"), url).with("POSTS_MEDIA_DIR", media)
    }

    /// The gateway before these services.
    pub(super) fn gateway<'a>(data: &Path, services: impl IntoIterator<Item = &'a Self>) -> Self {
        let keys = data.join("keys").to_str().expect("a path in UTF-8").to_owned();
        let gateway = Self::new("gateway", binary("gateway"), "GATEWAY_LISTEN");
        let gateway = gateway.with("GATEWAY_ADMIN_LISTEN", "127.0.0.1:0").with("GATEWAY_KEYS_DIR", keys);
        let named =
            |gateway: Self, service: &Self| gateway.with(format!("{}_URL", service.name.to_uppercase()), service.url());
        services.into_iter().fold(gateway, named)
    }

    pub(super) fn with(mut self, variable: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push((variable.into(), value.into()));
        self
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What a variable of it says.
    pub(super) fn variable(&self, name: &str) -> &str {
        &self.variables.iter().find(|(known, _)| known == name).expect("a variable of it").1
    }

    /// Another command of the same program, done.
    pub(super) fn command(&self, word: &str) -> Output {
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        Command::new(&self.program).arg(word).env_clear().envs(variables).output().expect("it can be started")
    }

    /// Starts it and waits until it is ready.
    pub(super) async fn start(&mut self) {
        let variables: Vec<_> = self.variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.process = Some(Process::start(&self.program, &["run"], &variables));
        ready(self.address).await;
    }

    /// Asks it to stop and waits until it has.
    pub(super) fn stop(&mut self) -> (ExitStatus, String) {
        let mut process = self.process.take().expect("it runs");
        process.signal("TERM");
        (process.exit(), process.output())
    }

    /// Kills it: nothing that it was about to do is done.
    pub(super) fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.signal("KILL");
        assert!(!process.exit().success());
    }
}

async fn migrate(schema: Schema, url: &str) {
    let options = database::Options::usual(database::Engine::of(url).unwrap());
    let database = database::Database::open(url, options).await.unwrap();
    migration::up(schema, &database).await.unwrap();
    database.close().await;
}

/// An address that is free now.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}
