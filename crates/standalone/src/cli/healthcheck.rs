//! `agora healthcheck`: for container runtimes and scripts.

use std::{net::SocketAddr, path::Path};

use boot::Outcome;

use super::probe;
use crate::data;

pub(super) async fn run(listen: Option<SocketAddr>, data: &Path) -> Outcome {
    let known = || data::holder(data).and_then(|holder| holder.listen);
    let address =
        listen.or_else(known).ok_or_else(|| format!("nothing runs on the data directory {}", data.display()))?;
    let answer = probe::get(address, "/readyz").await?;
    if answer.status().is_success() { Ok(()) } else { Err(format!("not ready: {}", answer.status()).into()) }
}
