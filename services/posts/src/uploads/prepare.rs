//! From a file to stored variants.

use std::fmt::Write as _;

use aws_lc_rs::digest::{Context, SHA256, digest};
use picture::{Limits, Picture};

use super::{FILE_BYTES, Received, Stored, Uploads, form::Upload};
use crate::{
    Service,
    error::Error,
    files::{File, lease},
    media::Variant,
};

/// A picture, and what it was made of.
#[derive(Debug)]
struct Prepared {
    /// Of the upload.
    digest: String,
    /// Of the variants.
    hash: String,
    picture: Picture,
}

/// Makes a picture of a file, and stores it. It is in `received` as soon as anything of it may be stored.
pub(super) async fn store(
    service: &Service,
    upload: Upload,
    pointer: String,
    received: &mut Received,
) -> Result<(), Error> {
    let Prepared { digest, hash, picture } = prepare(&service.uploads, upload, pointer).await?;
    let files: Vec<File> = picture
        .variants
        .iter()
        .map(|variant| File {
            name: format!("{}.{}", variant.name, variant.format.extension()),
            bytes: variant.bytes.clone(),
        })
        .collect();
    let of = |variant: &picture::Variant, file: &File| Variant {
        height: variant.height.into(),
        width: variant.width.into(),
        url: format!("/media/{hash}/{}", file.name),
    };
    let variants = picture.variants.iter().zip(&files).map(|(variant, file)| of(variant, file)).collect();
    let bytes = files.iter().map(|file| i64::try_from(file.bytes.len()).unwrap_or(i64::MAX)).sum();
    let taken = lease::take(&service.db, &hash, service.clock.now()).await?;
    let stored = Stored {
        digest,
        hash: hash.clone(),
        taken,
        bytes,
        width: picture.width.into(),
        height: picture.height.into(),
        placeholder: picture.placeholder,
        variants,
    };
    received.pictures.push(stored);
    service.files.put(&hash, &files).await.map_err(Error::Files)
}

/// One at a time; who finds too many waiting already does not wait.
async fn prepare(uploads: &Uploads, upload: Upload, pointer: String) -> Result<Prepared, Error> {
    let _place = uploads.places.clone().try_acquire_owned().map_err(|_| Error::Busy)?;
    let turn = uploads.decoder.clone().acquire_owned().await.map_err(|_| Error::Busy)?;
    let decoding = tokio::task::spawn_blocking(move || {
        // Held here, so that the turn lasts as long as the work does.
        let _turn = turn;
        let limits = Limits { bytes: FILE_BYTES, ..Limits::default() };
        let picture = picture::prepare(&upload.bytes, &limits)?;
        Ok(Prepared { digest: hex(digest(&SHA256, &upload.bytes).as_ref()), hash: content(&picture), picture })
    });
    match decoding.await {
        Ok(prepared) => prepared.map_err(|refused| Error::Picture { pointer, refused }),
        Err(error) => {
            let refused = picture::Refused::Failed { reason: error.to_string() };
            Err(Error::Picture { pointer, refused })
        }
    }
}

/// What names a picture: all its bytes, so the same name is always the same bytes.
fn content(picture: &Picture) -> String {
    let mut all = Context::new(&SHA256);
    for variant in &picture.variants {
        all.update(variant.name.as_bytes());
        all.update(&variant.bytes.len().to_be_bytes());
        all.update(&variant.bytes);
    }
    hex(all.finish().as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use bytes::BytesMut;

    use super::{super::PLACES, *};

    fn upload(seed: u64) -> Upload {
        Upload { bytes: BytesMut::from(&picture::draw(seed, 40, 30).unwrap()[..]), _memory: None }
    }

    #[tokio::test]
    async fn one_picture_is_decoded_at_a_time_and_few_wait_for_it() {
        let uploads = Uploads::default();
        let turn = uploads.decoder.clone().acquire_owned().await.unwrap();
        let mut waiting: Vec<_> =
            (0..PLACES as u64).map(|seed| Box::pin(prepare(&uploads, upload(seed), String::new()))).collect();
        for one in &mut waiting {
            assert!(futures_util::poll!(one.as_mut()).is_pending());
        }
        assert!(matches!(prepare(&uploads, upload(99), String::new()).await, Err(Error::Busy)));
        drop(turn);
        let mut hashes = std::collections::BTreeSet::new();
        for one in waiting {
            hashes.insert(one.await.unwrap().hash);
        }
        assert_eq!(hashes.len(), PLACES);
        assert!(prepare(&uploads, upload(99), String::new()).await.is_ok());
    }

    #[tokio::test]
    async fn a_name_is_that_of_the_content_and_not_of_the_file() {
        let uploads = Uploads::default();
        let file = upload(1).bytes;
        let longer = BytesMut::from(&[&file[..], b"and something behind its end"].concat()[..]);
        let one = prepare(&uploads, Upload { bytes: file, _memory: None }, String::new()).await.unwrap();
        let same = prepare(&uploads, Upload { bytes: longer, _memory: None }, String::new()).await.unwrap();
        assert_eq!(one.hash, same.hash);
        assert_ne!(one.digest, same.digest);
        assert_ne!(one.hash, prepare(&uploads, upload(2), String::new()).await.unwrap().hash);
    }
}
