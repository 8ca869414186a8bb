//! A server that receives and sends, and does nothing in between: what is left of a hit when all that is ours is free.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use super::proxies::{Served, pinned};
use super::upstream;

/// The argument by which this program is that server.
pub(crate) const ARGUMENT: &str = "--bare";

/// Starts this program once more, as a process of its own, so that what it costs can be told apart; or says why that is not possible.
pub(crate) fn start(core: Option<&str>) -> Result<Served, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = pinned(core, &program);
    let mut child = command.arg(ARGUMENT).stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    let output = child.stdout.take();
    // From here on it ends with this.
    let mut served = Served::new(child, ([127, 0, 0, 1], 0).into());
    let mut line = String::new();
    let _length = output.map(|output| BufReader::new(output).read_line(&mut line));
    served.address = line.trim().parse().map_err(|_| format!("it said {line:?} instead of its address"))?;
    Ok(served)
}

/// What the process does: it says where it listens, and serves until it is ended.
pub(crate) fn serve() {
    println!("{}", upstream::start());
    loop {
        std::thread::park();
    }
}
