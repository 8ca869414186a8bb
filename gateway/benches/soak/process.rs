//! The gateway as an operator starts it: the binary, a directory of files, its own ports.

use std::net::SocketAddr;
use std::path::Path;

use bytes::Bytes;
use http::{Method, Request, Response};
use principal::InternalKey;
use serde_json::Value;
use tempfile::TempDir;
use testkit::client::{Connection, full};
use testkit::process::Process;

use crate::files;
use crate::tokens::forge::Forger;

const KEY: &str = "a key for a long run, known to everyone who reads this";

/// The key of the deployment.
pub(crate) fn internal_key() -> InternalKey {
    InternalKey::from_secret(&KEY.to_owned().into()).expect("a key")
}

/// A running gateway; it is killed when dropped.
pub(crate) struct Gateway {
    process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    directory: TempDir,
}

impl Gateway {
    /// In front of the service `things` at `url`, with more settings and routes.
    pub(crate) fn start(url: &str, settings: &str, routes: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let settings = format!("{settings}\n[log]\nrequests = false\n");
        files::write(directory.path(), url, &settings, &format!("{}{routes}", files::ROUTES));
        let path = directory.path().to_str().expect("a path");
        let keys = format!("{path}/keys");
        let variables = [
            ("GATEWAY_LISTEN", "127.0.0.1:0"),
            ("GATEWAY_ADMIN_LISTEN", "127.0.0.1:0"),
            ("GATEWAY_KEYS_DIR", &keys),
            ("AGORA_INTERNAL_KEY", KEY),
            ("RUST_LOG", "error,gateway::cli::run=info"),
        ];
        let process = Process::start(env!("CARGO_BIN_EXE_gateway"), &["--config", path, "run"], &variables);
        let line = process.line_with("listening");
        let address = |name: &str| address_in(&line, name).unwrap_or_else(|| panic!("no {name} in {line}"));
        Self { address: address("address"), admin: address("admin"), process, directory }
    }

    pub(crate) fn files(&self) -> &Path {
        self.directory.path()
    }

    /// Who signs as it does.
    pub(crate) fn forger(&self) -> Forger {
        Forger::new(&self.directory.path().join("keys/signing.pem"))
    }

    /// Its resident memory in bytes.
    pub(crate) fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        let kilobytes: u64 = line.trim().split(' ').next().and_then(|size| size.parse().ok()).expect("a number");
        kilobytes * 1024
    }

    /// What the admin listener answers.
    pub(crate) async fn tell(&self, method: Method, path: &str) -> Response<Bytes> {
        let request = Request::builder().method(method).uri(path).header("agora-admin", "yes");
        let connection = Connection::open(self.admin).await;
        connection.exchange(request.body(full("")).expect("a request")).await.expect("an answer")
    }

    /// How full its cache is.
    pub(crate) async fn kept(&self) -> Value {
        serde_json::from_slice(self.tell(Method::GET, "/cache").await.body()).expect("a document")
    }
}

/// The value of a field in a line of the log, in either of its forms.
fn address_in(line: &str, name: &str) -> Option<SocketAddr> {
    let quoted = line.split(&format!("\"{name}\":\"")).nth(1).and_then(|rest| rest.split('"').next());
    let plain = || line.split(&format!("{name}=")).nth(1)?.split_whitespace().next();
    quoted.or_else(plain)?.parse().ok()
}
