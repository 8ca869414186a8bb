//! `gateway healthcheck`: what a container runtime asks, without a client of its own.

use std::net::SocketAddr;

use super::client::{self, Reply};
use super::{Answer, FAILED};

/// Whether the gateway whose admin listener is at `address` takes requests.
pub(super) fn run(address: SocketAddr) -> Answer {
    match client::ask(address, "GET", "/readyz") {
        Ok(Reply { status: 200, .. }) => Ok(format!("ready at {address}\n")),
        Ok(Reply { status, .. }) => Err((FAILED, format!("not ready at {address}: {status}"))),
        Err(error) => Err((FAILED, format!("no answer at {address}: {error}"))),
    }
}
