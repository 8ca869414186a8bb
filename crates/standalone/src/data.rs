//! The data directory: one process at a time, and nobody else's business.
//!
//! The directory is created for its owner only. A lock of the system (not the mere existence of a file) keeps a second process out,
//! so a crash never leaves a lock behind; the file says who holds it, for people and for `agora status`.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    net::SocketAddr,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    process,
};

const LOCK_FILE: &str = "agora.lock";

/// Why the data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// It cannot be created, or nothing can be written into it.
    #[error(
        "the data directory {} cannot be written ({source}): choose another with --data DIR, or give this user the right to write there",
        path.display()
    )]
    NotWritable {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process works in it.
    #[error("the data directory {} is in use by {holder}: stop it, or choose another directory with --data DIR", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
        /// The other process, as far as it is known.
        holder: String,
    },
}

/// A data directory that belongs to this process until this is dropped.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    created: bool,
    lock: File,
}

/// The process that works in a data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// Where it listens, once it does.
    pub listen: Option<SocketAddr>,
    /// Where it takes orders, once it does.
    pub admin: Option<SocketAddr>,
}

impl DataDirectory {
    /// Creates the directory if it is not there, and takes it.
    ///
    /// # Errors
    ///
    /// [`DataError`], with the sentence for the person who started the program.
    pub fn take(path: &Path) -> Result<Self, DataError> {
        let not_writable = |source| DataError::NotWritable { path: path.to_owned(), source };
        let created = !path.exists();
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(not_writable)?;
        let lock = OpenOptions::new().create(true).read(true).write(true).truncate(false).open(path.join(LOCK_FILE));
        let lock = lock.map_err(not_writable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder =
                    read_holder(&lock).map_or("another process".to_owned(), |holder| format!("process {}", holder.pid));
                return Err(DataError::InUse { path: path.to_owned(), holder });
            }
            Err(TryLockError::Error(why)) => return Err(not_writable(why)),
        }
        let directory = Self { path: path.to_owned(), created, lock };
        directory.note(None).map_err(not_writable)?;
        Ok(directory)
    }

    /// Writes down where this process listens: the public and the admin address.
    ///
    /// # Errors
    ///
    /// The system's, if the file cannot be written.
    pub fn note(&self, addresses: Option<(SocketAddr, SocketAddr)>) -> io::Result<()> {
        let mut text = format!("{}\n", process::id());
        if let Some((listen, admin)) = addresses {
            text += &format!("{listen}\n{admin}\n");
        }
        let mut file = &self.lock;
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(text.as_bytes())
    }

    /// Whether it was made just now.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.created
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the databases, one per service, and the keys are.
    #[must_use]
    pub fn database(&self, service: &str) -> PathBuf {
        database(&self.path, service)
    }

    /// Where letters are kept.
    #[must_use]
    pub fn mail(&self) -> PathBuf {
        mail(&self.path)
    }

    /// Where pictures are kept.
    #[must_use]
    pub fn media(&self) -> PathBuf {
        self.path.join("media")
    }
}

/// The database file of a service in a data directory.
#[must_use]
pub fn database(path: &Path, service: &str) -> PathBuf {
    path.join(format!("{service}.db"))
}

/// Where the letters of a data directory are kept.
#[must_use]
pub fn mail(path: &Path) -> PathBuf {
    path.join("mail")
}

/// Who works in the directory now, if anybody.
#[must_use]
pub fn holder(path: &Path) -> Option<Holder> {
    let lock = File::open(path.join(LOCK_FILE)).ok()?;
    match lock.try_lock_shared() {
        Err(TryLockError::WouldBlock) => read_holder(&lock),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

fn read_holder(mut lock: &File) -> Option<Holder> {
    let mut text = String::new();
    lock.rewind().ok()?;
    lock.read_to_string(&mut text).ok()?;
    let mut lines = text.lines();
    let pid = lines.next()?.parse().ok()?;
    let mut address = || lines.next().and_then(|line| line.parse().ok());
    Some(Holder { pid, listen: address(), admin: address() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_directory_is_made_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let first = DataDirectory::take(&path).unwrap();
        assert!(first.is_new());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        drop(first);
        assert!(!DataDirectory::take(&path).unwrap().is_new());
    }

    #[test]
    fn a_second_process_is_told_who_has_the_directory() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDirectory::take(folder.path()).unwrap();
        let told = DataDirectory::take(folder.path()).unwrap_err().to_string();
        assert!(told.contains(&format!("is in use by process {}", process::id())), "{told}");
        drop(first);
        DataDirectory::take(folder.path()).unwrap();
    }

    #[test]
    fn the_holder_says_where_it_listens() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(holder(folder.path()), None);
        let taken = DataDirectory::take(folder.path()).unwrap();
        let listen = "127.0.0.1:8001".parse().unwrap();
        let admin = "127.0.0.1:8011".parse().unwrap();
        taken.note(Some((listen, admin))).unwrap();
        let expected = Holder { pid: process::id(), listen: Some(listen), admin: Some(admin) };
        assert_eq!(holder(folder.path()), Some(expected));
        drop(taken);
        assert_eq!(holder(folder.path()), None, "the file is still there, the lock is not");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_told_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let told = DataDirectory::take(&file.join("data")).unwrap_err().to_string();
        assert!(told.contains("cannot be written") && told.contains("--data DIR"), "{told}");
    }
}
