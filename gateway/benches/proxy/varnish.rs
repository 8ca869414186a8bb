//! Varnish, which keeps every answer of the upstream in memory for an hour.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;

use super::Peer;
use super::proxies::{Served, free_port, healthy, pinned};

/// A running Varnish: its manager, which has the process that serves as its child.
pub(crate) struct Varnish {
    served: Served,
    _directory: TempDir,
}

impl Varnish {
    /// Starts it, or says why that is not possible. It needs no rights, gives up none, and nobody can manage it.
    pub(crate) fn start(core: Option<&str>, upstream: SocketAddr) -> Result<Self, String> {
        let program = ["/usr/sbin/varnishd", "/usr/local/sbin/varnishd"];
        let program = program.iter().map(Path::new).find(|path| path.exists());
        let program = program.ok_or("it is not installed (Debian: apt-get install varnish)")?;
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let file = directory.path().join("bench.vcl");
        std::fs::write(&file, configuration(upstream)).map_err(|error| error.to_string())?;
        let port = free_port();
        let child = pinned(core, program)
            .args(["-F", "-j", "none", "-T", "none", "-s", "malloc,64m", "-p", "thread_pools=1"])
            .args(["-a", &format!("127.0.0.1:{port}")])
            .arg("-n")
            .arg(directory.path().join("work"))
            .arg("-f")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let address = ([127, 0, 0, 1], port).into();
        healthy(address, "/users/small");
        Ok(Self { served: Served::new(child, address), _directory: directory })
    }

    pub(crate) fn peer(&self) -> Peer<'static> {
        self.served.peer("varnish")
    }
}

fn configuration(upstream: SocketAddr) -> String {
    let (host, port) = (upstream.ip(), upstream.port());
    format!(
        "vcl 4.1;
         backend upstream {{ .host = \"{host}\"; .port = \"{port}\"; }}
         sub vcl_backend_response {{ set beresp.ttl = 1h; }}\n"
    )
}
