//! Files of pictures: where they are, and how long.
//!
//! A file is named by the content of all variants of its picture (`HASH/720.jpg`), never by anything that somebody sent. So the same
//! picture is stored once, whoever uploads it, and what is at an address never changes.
//!
//! Three parties may want the same content at once: those who upload it, posts that have it, and the sweeper. What decides between
//! them is a row of `media_files` (`lease`), which is there before the files are and as long as they are.

pub(crate) mod lease;
mod place;
pub(crate) mod sweep;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::{
    GetOptions, GetRange, GetResult, ObjectStore, ObjectStoreExt as _, PutPayload, local::LocalFileSystem,
    memory::InMemory, path::Path,
};

pub use place::{OpenError, Place};

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
        for file in files {
            self.0.put(&path(hash, &file.name), PutPayload::from_bytes(file.bytes.clone())).await?;
        }
        Ok(())
    }

    /// A file, or a piece of it.
    pub(crate) async fn get(&self, hash: &str, name: &str, range: Option<GetRange>) -> object_store::Result<GetResult> {
        self.0.get_opts(&path(hash, name), GetOptions { range, ..GetOptions::default() }).await
    }

    /// How many bytes a file has.
    pub(crate) async fn size(&self, hash: &str, name: &str) -> object_store::Result<u64> {
        Ok(self.0.head(&path(hash, name)).await?.size)
    }

    /// Removes all files of a picture.
    pub(crate) async fn remove(&self, hash: &str) -> object_store::Result<()> {
        let files: Vec<_> = self.0.list(Some(&Path::from(hash))).try_collect().await?;
        for file in files {
            match self.0.delete(&file.location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The contents of which there are files. What has another name is none of ours.
    pub(crate) async fn hashes(&self) -> object_store::Result<Vec<String>> {
        let listed = self.0.list_with_delimiter(None).await?;
        let names = listed.common_prefixes.iter().filter_map(Path::filename).filter(|name| is_hash(name));
        Ok(names.map(str::to_owned).collect())
    }
}

/// Whether this could be the name of a content.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn path(hash: &str, name: &str) -> Path {
    Path::from_iter([hash, name])
}
