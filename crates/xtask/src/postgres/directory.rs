//! Where the server keeps its files for as long as it runs.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
};

use super::programs::Programs;

const PREFIX: &str = "agora-postgres-";

/// A directory `agora-postgres-PID-NUMBER` of this process, and a log beside it; both go with this.
pub(super) struct Directory(PathBuf);

impl Directory {
    pub(super) fn create(programs: &Programs) -> io::Result<Self> {
        for number in 0.. {
            let path = std::env::temp_dir().join(format!("{PREFIX}{}-{number}", process::id()));
            match fs::create_dir(&path) {
                Ok(()) => {
                    let directory = Self(path);
                    programs.give(&directory.0)?;
                    return Ok(directory);
                }
                Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
                Err(why) => return Err(why),
            }
        }
        Err(io::Error::other("no name is left for a directory"))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// What the server prints.
    pub(super) fn log(&self) -> PathBuf {
        self.0.with_extension("log")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
        drop(fs::remove_file(self.log()));
    }
}

/// Removes what a run left behind that was killed before it could.
pub(super) fn remove_orphans(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    for path in entries.map(|entry| entry.path()).filter(|path| is_orphan(path)) {
        drop(if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) });
    }
}

/// Ours by its name, and of a process that is no more.
fn is_orphan(path: &Path) -> bool {
    let name = path.file_stem().and_then(|name| name.to_str());
    let owner = name.and_then(|name| name.strip_prefix(PREFIX)?.split_once('-')?.0.parse::<u32>().ok());
    owner.is_some_and(|owner| Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{owner}")).exists())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_what_a_dead_run_left_is_removed() {
        let folder = std::env::temp_dir().join(format!("xtask-orphans-{}", process::id()));
        let names = [format!("{PREFIX}4294967295-0"), format!("{PREFIX}{}-0", process::id()), "other".to_owned()];
        names.iter().for_each(|name| fs::create_dir_all(folder.join(name)).unwrap());
        remove_orphans(&folder);
        let left: Vec<bool> = names.iter().map(|name| folder.join(name).exists()).collect();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(left, [false, true, true]);
    }
}
