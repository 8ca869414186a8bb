//! `gateway healthcheck`: what a container runtime asks, without a client of its own.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use boot::Vars;
use clap::Args;

use super::{Answer, FAILED, load};
use crate::plan::Sources;

const PATIENCE: Duration = Duration::from_secs(2);
const ADMIN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8011);

#[derive(Args, Debug)]
pub(super) struct Healthcheck {
    /// The admin address [default: $GATEWAY_ADMIN_LISTEN, or what the configuration says, or 127.0.0.1:8011]
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<SocketAddr>,
}

impl Healthcheck {
    pub(super) fn run(&self, sources: &Sources, vars: &mut Vars) -> Answer {
        let given = self.admin.or_else(|| vars.optional_parsed("GATEWAY_ADMIN_LISTEN"));
        let address = match given {
            Some(address) => address,
            None => load(sources)?.settings.listen.admin.unwrap_or(ADMIN),
        };
        let address = reachable(address);
        match status_line(address) {
            Ok(line) if line.split(' ').nth(1) == Some("200") => Ok(format!("ready at {address}\n")),
            Ok(line) => Err((FAILED, format!("not ready at {address}: {line}"))),
            Err(error) => Err((FAILED, format!("no answer at {address}: {error}"))),
        }
    }
}

/// Where somebody who listens on every address can be reached from here.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(Ipv6Addr::LOCALHOST.into(), address.port()),
        _ => address,
    }
}

fn status_line(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
