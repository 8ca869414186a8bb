//! Files of pictures: where they are, and how long.
//!
//! A file is named by the content of all variants of its picture (`HASH/720.jpg`), never by anything that somebody sent. So the same
//! picture is stored once, whoever uploads it, and what is at an address never changes.
//!
//! Three parties may want the same content at once: those who upload it, posts that have it, and the sweeper. What decides between
//! them is a row of `media_files` (`lease`), which is there before the files are and as long as they are.

#[cfg(feature = "s3")]
mod bucket;
pub(crate) mod lease;
mod place;
pub(crate) mod sweep;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::{
    Error, GetOptions, GetRange, GetResult, ObjectStore, ObjectStoreExt as _, PutPayload, local::LocalFileSystem,
    memory::InMemory, path::Path,
};

pub use place::{OpenError, Place};

/// How long storing all files of a picture may take. The gateway waits 15 seconds for an upload: the refusal comes before that.
const STORED_WITHIN: Duration = Duration::from_secs(10);
/// How long the store may think about anything else. What it then sends may take as long as its reader does.
const ANSWERED_WITHIN: Duration = Duration::from_secs(3);
/// How long removing the files of a picture may take. Others wait meanwhile for the database, two seconds at most.
const REMOVED_WITHIN: Duration = Duration::from_secs(1);

/// The store. Clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Files(Arc<dyn ObjectStore>);

/// A file that is to be stored.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// `720.jpg`
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
}

impl Files {
    /// Opens the place; a directory is made if it is not there.
    pub(crate) fn open(place: &Place) -> Result<Self, OpenError> {
        match place {
            Place::Directory(path) => {
                let failed = |why: String| OpenError::Directory { path: path.clone(), why };
                std::fs::create_dir_all(path).map_err(|why| failed(why.to_string()))?;
                let store = LocalFileSystem::new_with_prefix(path).map_err(|why| failed(why.to_string()))?;
                // What was acknowledged survives a loss of power, as the rows do.
                Ok(Self(Arc::new(store.with_fsync(true).with_automatic_cleanup(true))))
            }
            Place::S3(bucket) => bucket.open().map(Self),
        }
    }

    /// A place without anything, for who asks for no picture.
    pub(crate) fn none() -> Self {
        Self(Arc::new(InMemory::new()))
    }

    /// Stores the files of a picture; those that are there already are the same.
    pub(crate) async fn put(&self, hash: &str, files: &[File]) -> object_store::Result<()> {
        let all = async {
            for file in files {
                self.0.put(&path(hash, &file.name), PutPayload::from_bytes(file.bytes.clone())).await?;
            }
            Ok(())
        };
        within(STORED_WITHIN, all).await
    }

    /// A file, or a piece of it.
    pub(crate) async fn get(&self, hash: &str, name: &str, range: Option<GetRange>) -> object_store::Result<GetResult> {
        let options = GetOptions { range, ..GetOptions::default() };
        within(ANSWERED_WITHIN, self.0.get_opts(&path(hash, name), options)).await
    }

    /// How many bytes a file has.
    pub(crate) async fn size(&self, hash: &str, name: &str) -> object_store::Result<u64> {
        match within(ANSWERED_WITHIN, self.0.head(&path(hash, name))).await {
            // A bucket answers this without a body, so it has not said yet whether the file is missing or the bucket.
            Err(Error::NotFound { .. }) => Ok(self.get(hash, name, None).await?.meta.size),
            found => Ok(found?.size),
        }
    }

    /// The files that there are of a picture.
    pub(crate) async fn list(&self, hash: &str) -> object_store::Result<Vec<Path>> {
        let files = self.0.list(Some(&Path::from(hash))).map_ok(|file| file.location).try_collect();
        within(ANSWERED_WITHIN, files).await
    }

    /// Removes these files; those that are gone already are what was wanted.
    pub(crate) async fn remove(&self, files: Vec<Path>) -> object_store::Result<()> {
        let files = futures_util::stream::iter(files.into_iter().map(Ok)).boxed();
        let mut removed = self.0.delete_stream(files);
        let all = async {
            while let Some(file) = removed.next().await {
                match file {
                    Ok(_) | Err(Error::NotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        };
        within(REMOVED_WITHIN, all).await
    }

    /// The contents of which there are files. What has another name is none of ours.
    pub(crate) async fn hashes(&self) -> object_store::Result<Vec<String>> {
        // The list may be long, and so may it take; a store that is away is known before.
        self.ping().await?;
        let listed = self.0.list_with_delimiter(None).await?;
        let names = listed.common_prefixes.iter().filter_map(Path::filename).filter(|name| is_hash(name));
        Ok(names.map(str::to_owned).collect())
    }

    /// Asks the store for an answer, whatever that is.
    pub(crate) async fn ping(&self) -> object_store::Result<()> {
        // Nothing begins like this, so there is nothing to list.
        self.list("ping").await.map(drop)
    }
}

/// What went wrong, with its causes: the innermost is the one that helps, and what is around it may leave that out.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !told.contains(&words) {
            told = format!("{told}: {words}");
        }
        cause = error.source();
    }
    told
}

/// What the store answers, unless that takes too long.
async fn within<T>(limit: Duration, asked: impl Future<Output = object_store::Result<T>>) -> object_store::Result<T> {
    let late = |_| Error::Generic { store: "files", source: format!("no answer within {limit:?}").into() };
    tokio::time::timeout(limit, asked).await.map_err(late)?
}

/// Whether this could be the name of a content.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn path(hash: &str, name: &str) -> Path {
    Path::from_iter([hash, name])
}
