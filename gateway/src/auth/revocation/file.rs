//! The live revocations on disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Revocation;

/// A temporary file that is older belongs to nobody any more.
const LEFT_AFTER: Duration = Duration::from_secs(60);

/// What is on disk.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Snapshot {
    pub(super) floor_ms: i64,
    pub(super) items: Vec<Revocation>,
}

/// The snapshot at `path`; `None` if there is none yet.
pub(super) fn read(path: &Path) -> io::Result<Option<Snapshot>> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes what writers that were killed have left beside `path`. A file that is being written is younger.
pub(super) fn remove_leftovers(path: &Path) {
    let entries = path.parent().and_then(|directory| fs::read_dir(directory).ok());
    for entry in entries.into_iter().flatten().filter_map(Result::ok) {
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|time| time.elapsed().ok());
        if is_temporary(&entry.file_name().to_string_lossy()) && age.is_some_and(|age| age > LEFT_AFTER) {
            // What cannot be removed disturbs nobody; the next start tries again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether a name is one of [`write()`]'s: `.PID.UUID`.
fn is_temporary(name: &str) -> bool {
    let parts = name.strip_prefix('.').and_then(|name| name.split_once('.'));
    parts.is_some_and(|(pid, id)| {
        pid.bytes().all(|byte| byte.is_ascii_digit())
            && id.len() == 32
            && id.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Replaces the snapshot at `path`: a reader finds the old one or the new one, whole, also after a crash.
pub(super) fn write(path: &Path, snapshot: &Snapshot) -> io::Result<()> {
    let bytes = serde_json::to_vec(snapshot).map_err(io::Error::other)?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let temporary = directory.join(format!(".{}.{}", std::process::id(), uuid::Uuid::now_v7().simple()));
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&temporary, path));
    if renamed.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    renamed?;
    File::open(directory)?.sync_all()
}
