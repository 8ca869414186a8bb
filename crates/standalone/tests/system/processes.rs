//! The real binaries: what they print, when they refuse, how they stop and what a second start finds.

mod chaos;
mod commands;
mod demo;
mod killed;
mod load;
mod part;
mod refusals;
mod repairs;
mod restart;
mod seen;
mod split;
mod world;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use testkit::process::Process;
use testkit::{Caller, until};

const PATIENCE: Duration = Duration::from_secs(30);

/// A binary of this workspace, beside the one that cargo builds for this suite.
fn binary(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_agora")).with_file_name(name);
    assert!(path.exists(), "{} is missing: cargo build -p gateway -p users", path.display());
    path
}

/// A running `agora`.
struct Agora {
    process: Process,
    address: SocketAddr,
}

impl Agora {
    /// Starts it on this data directory and waits until it answers.
    async fn start(data: &Path) -> Self {
        Self::start_with(data, &[]).await
    }

    /// The same with more arguments.
    async fn start_with(data: &Path, arguments: &[&str]) -> Self {
        let process = agora(data, &[&["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"], arguments].concat(), &[]);
        let address = address_of(&process, "http://");
        ready(address).await;
        Self { process, address }
    }

    fn caller(&self) -> Caller {
        Caller::recorded(self.address)
    }

    /// Asks it to stop and waits until it has.
    fn stop(mut self) -> (ExitStatus, String) {
        self.process.signal("TERM");
        (self.process.exit(), self.process.output())
    }
}

/// Starts `agora run` on this data directory with more arguments and variables.
fn agora(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Process {
    let mut all = vec!["run", "--data", data.to_str().expect("a path in UTF-8")];
    all.extend(arguments);
    Process::start(env!("CARGO_BIN_EXE_agora"), &all, variables)
}

/// The address that a process prints after `before`.
fn address_of(process: &Process, before: &str) -> SocketAddr {
    let before = format!("{before}127.0.0.1:");
    let line = process.line_with(&before);
    let digits = line.split(&before).nth(1).expect("a port");
    let port: String = digits.chars().take_while(char::is_ascii_digit).collect();
    SocketAddr::from(([127, 0, 0, 1], port.parse().expect("a port")))
}

async fn ready(address: SocketAddr) {
    until("it answers", PATIENCE, async || {
        tokio::net::TcpStream::connect(address).await.ok()?;
        let answer = Caller::new(address).get("/readyz").try_send().await.ok()?;
        (answer.status == 200).then_some(())
    })
    .await;
}
