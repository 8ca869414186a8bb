//! Asks a running system, over HTTP like everybody else.

use std::{
    error::Error,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response, Uri};
use upstream::{Pool, Upstream};

const WITHIN: Duration = Duration::from_secs(3);

/// The whole answer to `GET path`.
pub(super) async fn get(address: SocketAddr, path: &str) -> Result<Response<Bytes>, Box<dyn Error + Send + Sync>> {
    let address = reachable(address);
    let base: Uri = format!("http://{address}").parse()?;
    let system = Upstream::remote("agora", &[base])?;
    let request = Request::get(path).body(Bytes::new())?;
    let asked = system.call(&Pool::new(), request, Instant::now() + WITHIN).await;
    asked.map_err(|why| format!("http://{address}{path} does not answer: {}", why.proxy_status()).into())
}

/// Whoever listens on every address listens on this machine's own.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let own = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(own, address.port())
}
