//! A PostgreSQL server of one's own for the length of a command.
//!
//! It lives in a temporary directory and on a free port of 127.0.0.1, holds nothing, trusts everybody on that port, and does not
//! care for the disk. It ends with the command: stopped when the command has ended, and by the kernel (the parent-death signal of
//! `setpriv`) should this program die first. `initdb` refuses to work for root, so for root the server runs as the user `postgres`.

mod directory;
mod programs;

use std::{
    fs, io,
    net::TcpListener,
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use directory::Directory;
use programs::Programs;

use crate::say;

const START_WITHIN: Duration = Duration::from_secs(30);
const STOP_WITHIN: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);

/// Another process may take the free port before the server does.
const ATTEMPTS: usize = 3;

/// Runs `command` with `TEST_POSTGRES_URL` naming the server. With `SKIP_POSTGRES=1` it runs without one.
pub(crate) fn run_with(command: &str, arguments: &[&str]) -> io::Result<ExitCode> {
    #[allow(clippy::disallowed_methods, reason = "xtask depends on no other crate here, so not on boot::Vars")]
    let skipped = std::env::var_os("SKIP_POSTGRES").is_some_and(|value| value == "1");
    let mut command = Command::new(command);
    command.args(arguments);
    if skipped {
        say("xtask: SKIP_POSTGRES=1: nothing is tested on PostgreSQL");
        return Ok(exit_code(command.env_remove("TEST_POSTGRES_URL").status()?));
    }
    let programs = Programs::find()?;
    directory::remove_orphans(&std::env::temp_dir());
    let server = Server::start(&programs)?;
    let status = command.env("TEST_POSTGRES_URL", server.url()).status();
    server.stop()?;
    Ok(exit_code(status?))
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

/// A running server; dropping it takes it down as well, but quietly.
struct Server {
    process: Child,
    directory: Directory,
    port: u16,
}

impl Server {
    fn start(programs: &Programs) -> io::Result<Self> {
        let mut last = io::Error::other("the server was never started");
        for _ in 0..ATTEMPTS {
            let directory = Directory::create(programs)?;
            programs.initialise(directory.path())?;
            match Self::start_in(programs, directory) {
                Ok(server) => return Ok(server),
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    fn start_in(programs: &Programs, directory: Directory) -> io::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = fs::File::create(directory.log())?;
        let process = programs
            .server(directory.path(), port)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut server = Self { process, directory, port };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// The server's own lock file says when it takes connections.
    fn wait_until_ready(&mut self) -> io::Result<()> {
        let lock = self.directory.path().join("postmaster.pid");
        let until = Instant::now() + START_WITHIN;
        while Instant::now() < until {
            if fs::read_to_string(&lock)
                .is_ok_and(|text| text.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
            {
                return Ok(());
            }
            if self.process.try_wait()?.is_some() {
                break;
            }
            pause();
        }
        let log = fs::read_to_string(self.directory.log()).unwrap_or_default();
        Err(io::Error::other(format!("PostgreSQL did not start; its log:\n{log}")))
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// SIGINT is a fast shutdown: connections are cut, data is written, the process ends.
    fn stop(mut self) -> io::Result<()> {
        interrupt(&self.process)?;
        let until = Instant::now() + STOP_WITHIN;
        while self.process.try_wait()?.is_none() {
            if Instant::now() > until {
                return Err(io::Error::other("PostgreSQL did not stop in time and was killed"));
            }
            pause();
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(None) = self.process.try_wait() {
            drop(self.process.kill());
            drop(self.process.wait());
        }
    }
}

fn interrupt(process: &Child) -> io::Result<()> {
    let status = Command::new("kill").args(["-INT", &process.id().to_string()]).status()?;
    status.success().then_some(()).ok_or_else(|| io::Error::other("PostgreSQL ended before the command did"))
}

#[allow(clippy::disallowed_methods, reason = "there is no runtime here: this thread has nothing else to do")]
fn pause() {
    std::thread::sleep(PAUSE);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_status_of_the_command_is_passed_on() {
        let status = Command::new("sh").args(["-c", "exit 7"]).status().unwrap();
        assert_eq!(format!("{:?}", exit_code(status)), format!("{:?}", ExitCode::from(7)));
        let killed = Command::new("sh").args(["-c", "kill -9 $$"]).status().unwrap();
        assert_eq!(format!("{:?}", exit_code(killed)), format!("{:?}", ExitCode::FAILURE));
    }
}
