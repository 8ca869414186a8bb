//! What an operator tells a running system, found by its data directory.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    path::Path,
};

use boot::Outcome;

use super::probe;
use crate::data;

/// Tells the system on a data directory, at its admin address, and prints what it answers.
pub(super) fn run(data: &Path, tell: impl FnOnce(SocketAddr) -> Result<String, String>) -> Outcome {
    let admin = data::holder(data).and_then(|holder| holder.admin);
    let address = admin.ok_or_else(|| format!("nothing runs on the data directory {}", data.display()))?;
    let text = tell(probe::reachable(address))?;
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
