//! The gateway as an operator starts it: the binary, a directory of files, its own ports.

use std::net::SocketAddr;
use std::path::Path;

use tempfile::TempDir;
use testkit::process::Process;

use crate::caching::files;

/// The key of the deployment.
pub(crate) const KEY: &str = "a key for a process of its own, known to everyone who reads this";

/// A running gateway; it is killed when dropped.
pub(crate) struct Gateway {
    pub(crate) process: Process,
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
}

/// The value of a field in a line of the log, in either of its forms.
fn address_in(line: &str, name: &str) -> Option<SocketAddr> {
    let quoted = line.split(&format!("\"{name}\":\"")).nth(1).and_then(|rest| rest.split('"').next());
    let plain = || line.split(&format!("{name}=")).nth(1)?.split_whitespace().next();
    quoted.or_else(plain)?.parse().ok()
}
