//! Where PostgreSQL's programs are, and as whom they run.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const MISSING: &str = "PostgreSQL is not installed: install the package `postgresql` (Debian, Ubuntu) or `postgresql-server` \
    (Fedora), or set SKIP_POSTGRES=1 to test on SQLite only";

/// Debian keeps them out of the path, by version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The directory of the programs, and the user that they run as if that is not the present one.
pub(super) struct Programs {
    bin: PathBuf,
    user: Option<&'static str>,
}

impl Programs {
    pub(super) fn find() -> io::Result<Self> {
        let bin = in_path().or_else(newest_version).ok_or_else(|| io::Error::other(MISSING))?;
        let user = if is_root()? { Some(unprivileged_user()?) } else { None };
        Ok(Self { bin, user })
    }

    /// Makes an empty cluster whose only user is `postgres`.
    pub(super) fn initialise(&self, directory: &Path) -> io::Result<()> {
        let mut command = self.command("initdb", directory);
        command.arg("-D").arg(directory);
        command.args(["-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        let output = command.stdin(Stdio::null()).output()?;
        let told = || io::Error::other(format!("initdb: {}", String::from_utf8_lossy(&output.stderr)));
        output.status.success().then_some(()).ok_or_else(told)
    }

    /// The server, for tests: nothing is forced to disk, because nothing outlives the command.
    pub(super) fn server(&self, directory: &Path, port: u16) -> Command {
        let mut command = self.command("postgres", directory);
        command.arg("-D").arg(directory).arg("-k").arg(directory).args(["-p", &port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "max_connections=400",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
        ] {
            command.args(["-c", setting]);
        }
        command
    }

    /// Hands the directory to the user that the server runs as.
    pub(super) fn give(&self, directory: &Path) -> io::Result<()> {
        let Some(user) = self.user else { return Ok(()) };
        let status = Command::new("chown").arg(user).arg(directory).status()?;
        status.success().then_some(()).ok_or_else(|| io::Error::other(format!("chown {user} failed")))
    }

    /// Through `setpriv`: as the other user, and interrupted by the kernel should this program die.
    fn command(&self, program: &str, directory: &Path) -> Command {
        let program = self.bin.join(program);
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig=INT");
        if let Some(user) = self.user {
            command.args([format!("--reuid={user}"), format!("--regid={user}"), "--clear-groups".to_owned()]);
        }
        command.arg("--").arg(program).current_dir(directory);
        command
    }
}

fn in_path() -> Option<PathBuf> {
    #[allow(clippy::disallowed_methods, reason = "xtask depends on no other crate here, so not on boot::Vars")]
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

fn newest_version() -> Option<PathBuf> {
    let versions =
        fs::read_dir(VERSIONS).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.parse().ok());
    let newest: u32 = versions.max()?;
    Some(Path::new(VERSIONS).join(newest.to_string()).join("bin")).filter(|bin| bin.join("initdb").is_file())
}

fn is_root() -> io::Result<bool> {
    let output = Command::new("id").arg("-u").output()?;
    Ok(output.stdout.trim_ascii() == b"0")
}

/// The package's own user, or the one that every system has.
fn unprivileged_user() -> io::Result<&'static str> {
    let exists =
        |user: &&str| Command::new("id").arg("-u").arg(user).output().is_ok_and(|output| output.status.success());
    let user = ["postgres", "nobody"].into_iter().find(exists);
    user.ok_or_else(|| io::Error::other("there is neither a user `postgres` nor `nobody` to run PostgreSQL as"))
}
