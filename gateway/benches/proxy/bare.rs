//! A server that receives and sends, and does nothing in between: what is left of a hit when all that is ours is free.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};

use super::proxies::{end, pinned};
use super::upstream;

/// The argument by which this program is that server.
pub(crate) const ARGUMENT: &str = "--bare";

/// This program once more, as a process of its own, so that what it costs can be told apart.
pub(crate) struct Bare {
    child: Child,
    address: SocketAddr,
}

impl Bare {
    /// Starts it, or says why that is not possible.
    pub(crate) fn start(core: Option<&str>) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = pinned(core, &program);
        let mut child = command.arg(ARGUMENT).stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let mut line = String::new();
        let read = child.stdout.take().map(|output| BufReader::new(output).read_line(&mut line));
        match (read, line.trim().parse()) {
            (Some(Ok(_)), Ok(address)) => Ok(Self { child, address }),
            _ => {
                end(&mut child);
                Err(format!("it said {line:?} instead of its address"))
            }
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// What the process does: it says where it listens, and serves until it is ended.
pub(crate) fn serve() {
    println!("{}", upstream::start());
    loop {
        std::thread::park();
    }
}
