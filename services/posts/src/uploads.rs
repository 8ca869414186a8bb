//! What comes in as `multipart/form-data`: texts, and files that become pictures.
//!
//! Promises, however many upload at once and however large what they send is:
//!
//! * A body is read in pieces. A file has at most 10 MiB of what really arrived, whatever a header says.
//! * All files that are being read take 64 MiB at most; whoever would need more is told to come again.
//! * One picture is decoded at a time, of at most as many pixels as the limits of `picture` say, which is 243 MB. Eight more may wait for
//!   their turn, and only their bytes do.
//! * Nothing that somebody sent is believed, neither its name nor its type: what is stored are variants, made of pixels.
//! * If anything about a request is refused, what it had stored is removed again.

mod body;
mod form;
mod prepare;

use std::sync::Arc;

use axum::extract::Request;
use tokio::sync::Semaphore;

pub(crate) use form::Wanted;

use crate::{Service, error::Error, files::lease, media::Variant};

/// The most bytes of a file.
pub(crate) const FILE_BYTES: usize = 10 << 20;
/// The most bytes of all files that are being read.
const MEMORY: usize = 64 << 20;
/// How many pictures are decoded or wait for it.
const PLACES: usize = 9;

/// What uploads share.
#[derive(Clone, Debug)]
pub(crate) struct Uploads {
    memory: Arc<Semaphore>,
    places: Arc<Semaphore>,
    decoder: Arc<Semaphore>,
}

impl Default for Uploads {
    fn default() -> Self {
        let of = |permits| Arc::new(Semaphore::new(permits));
        Self { memory: of(MEMORY), places: of(PLACES), decoder: of(1) }
    }
}

/// A picture whose files are stored, and to which nothing refers yet.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// Of the file as it came: whether two requests are the same.
    pub(crate) digest: String,
    /// Of the variants: where they are.
    pub(crate) hash: String,
    /// What marks this upload.
    taken: i64,
    /// Of all variants.
    pub(crate) bytes: i64,
    pub(crate) width: i64,
    pub(crate) height: i64,
    pub(crate) placeholder: String,
    pub(crate) variants: Vec<Variant>,
}

impl Stored {
    /// Where the variant of this height is.
    pub(crate) fn url(&self, height: &str) -> Option<&str> {
        let file = format!("/{height}.");
        self.variants.iter().map(|variant| variant.url.as_str()).find(|url| url.contains(&file))
    }
}

/// What a request has brought.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    /// By the names of their fields, in the order in which they came.
    pub(crate) texts: Vec<(&'static str, String)>,
    /// In the order in which they came.
    pub(crate) pictures: Vec<Stored>,
}

impl Received {
    /// The texts of all fields of this name.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.texts.iter().filter(|(known, _)| *known == name).map(|(_, text)| text.as_str()).collect()
    }

    /// The text of the field of this name, which may be there once.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// What tells this request from others, for an idempotency key.
    pub(crate) fn digests(&self) -> Vec<&str> {
        self.pictures.iter().map(|picture| picture.digest.as_str()).collect()
    }
}

/// Stores a picture that nobody has sent.
pub(crate) async fn store(service: &Service, bytes: &[u8]) -> Result<Stored, Error> {
    let upload = form::Upload { bytes: bytes.into(), _memory: None };
    let mut received = Received::default();
    prepare::store(service, upload, "/image".to_owned(), &mut received).await?;
    received.pictures.pop().ok_or(Error::Swept)
}

/// Takes a request in, and then does with it what the request asks for. If either is refused, nothing of it is left.
pub(crate) async fn take_in<T>(
    service: &Service,
    request: Request,
    wanted: &Wanted,
    then: impl AsyncFnOnce(&Received) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut received = Received::default();
    let done = match form::receive(service, request, wanted, &mut received).await {
        Ok(()) => then(&received).await,
        Err(error) => Err(error),
    };
    if done.is_err() {
        for picture in &received.pictures {
            if let Err(error) = lease::give_up(&service.db, &service.files, &picture.hash, picture.taken).await {
                tracing::warn!(%error, "files of a request that was refused are still there; they will be swept");
            }
        }
    }
    done
}
