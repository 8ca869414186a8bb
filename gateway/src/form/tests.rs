//! Whatever is split where: the same form comes out, with other names and nothing else changed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod multipart;
mod object;
mod splits;
mod urlencoded;

use std::collections::VecDeque;

use bytes::Bytes;

use super::media::Media;
use super::{FormError, Renames, Rewriter};

const MULTIPART: &str = "multipart/form-data; boundary=b";
const URLENCODED: &str = "application/x-www-form-urlencoded";

/// `caption` stands for `text`; `a` and `b` for each other.
fn renames() -> Renames {
    [("caption", "text"), ("a", "b"), ("b", "a"), ("größe ü", "size & more")].into_iter().collect()
}

/// What comes out, chunk by chunk.
fn pieces(content_type: &str, chunks: &[Bytes]) -> Result<Vec<Bytes>, FormError> {
    let media = Media::parse(content_type.as_bytes())?.ok_or(FormError::NoForm)?;
    let mut rewriter = Rewriter::new(media, &renames());
    let mut out = VecDeque::new();
    for chunk in chunks {
        rewriter.push(chunk.clone(), &mut out)?;
    }
    rewriter.finish(&mut out)?;
    Ok(out.into())
}

fn rewritten(content_type: &str, chunks: &[Bytes]) -> Result<Vec<u8>, FormError> {
    pieces(content_type, chunks).map(|pieces| pieces.concat())
}

/// A form in one chunk.
fn whole(content_type: &str, form: impl AsRef<[u8]>) -> Result<String, FormError> {
    let out = rewritten(content_type, &[Bytes::copy_from_slice(form.as_ref())])?;
    Ok(String::from_utf8(out).unwrap())
}
