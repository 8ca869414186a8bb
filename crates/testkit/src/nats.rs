//! One NATS server per test, with JetStream, on a free port and in a directory of its own. It ends with the test.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;

const MISSING: &str = "nats-server is not there: install the package `nats-server` (Debian, Ubuntu), or leave NATS out with \
    SKIP_NATS=1";
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// A server, running or stopped.
#[derive(Debug)]
pub struct Nats {
    process: Option<Child>,
    directory: TempDir,
    port: u16,
    arguments: Vec<String>,
}

impl Nats {
    /// A server that trusts everybody. `None` only where `SKIP_NATS=1` says that NATS is left out: without it the test fails.
    pub async fn start() -> Option<Self> {
        Self::start_with(&[]).await
    }

    /// The same with more arguments, for example `--user` and `--pass`.
    pub async fn start_with(arguments: &[&str]) -> Option<Self> {
        let mut server = Self::stopped(arguments)?;
        server.start_again().await;
        Some(server)
    }

    /// A server that is going to be started.
    #[must_use]
    pub fn stopped(arguments: &[&str]) -> Option<Self> {
        if std::env::var("SKIP_NATS").is_ok_and(|skip| skip == "1") {
            return None;
        }
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        Some(Self {
            process: None,
            directory: tempfile::tempdir().expect("a directory"),
            port: free.local_addr().expect("an address").port(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        })
    }

    /// Its URL, without a user.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Starts it where it was before, with what it had stored.
    pub async fn start_again(&mut self) {
        assert!(self.process.is_none(), "it runs");
        let log = self.directory.path().join("log");
        let told = fs::OpenOptions::new().create(true).append(true).open(&log).expect("a log");
        // Through `setpriv`: ended by the kernel should this test die first.
        let mut command = Command::new("setpriv");
        command.args([
            "--pdeathsig=KILL",
            "--",
            "nats-server",
            "-a",
            "127.0.0.1",
            "-p",
            &self.port.to_string(),
            "-js",
            "-sd",
        ]);
        command.arg(self.directory.path()).args(&self.arguments);
        command.stdin(Stdio::null()).stdout(told.try_clone().expect("a log")).stderr(told);
        self.process = Some(command.spawn().unwrap_or_else(|error| panic!("setpriv: {error}")));
        let port = self.port;
        crate::until("the server says hello", STARTS_WITHIN, || {
            let ended = self.process.as_mut().is_some_and(|process| matches!(process.try_wait(), Ok(Some(_))));
            assert!(!ended, "{}", why(&log));
            greeting(port)
        })
        .await;
    }

    /// It hears and says nothing any more, though it is there.
    ///
    /// # Panics
    /// If it is not.
    pub fn freeze(&self) {
        let process = self.process.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args(["-STOP", &process]).status().expect("kill").success());
    }

    /// Kills it: what it had no time to say is not said.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.kill());
            drop(process.wait());
        }
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Whether the server greets whoever connects, as it does when it is ready.
async fn greeting(port: u16) -> Option<()> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.ok()?;
    line.starts_with("INFO ").then_some(())
}

/// Why it has ended.
fn why(log: &Path) -> String {
    let log = fs::read_to_string(log).unwrap_or_default();
    if log.contains("failed to execute nats-server") {
        MISSING.to_owned()
    } else {
        format!("nats-server has ended: {log}")
    }
}
