//! What a file says of itself: read by us, since decoders take memory for what they have not compared with any limit.
//!
//! Each format has a `size` and a `whole`. The first finds the size in as few bytes as possible, so that what is too large is
//! refused as such, not as something else that is also wrong with it. The second walks the file's blocks to their end, as a
//! file that is cut off is decoded by some decoders as if nothing was missing; it says how long the file is.

mod gif;
mod jpeg;
mod png;
mod reader;
mod webp;

use reader::Ended;

use crate::{Format, Limits, Refused};

/// What an upload says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// By its first bytes.
    pub format: Format,
    /// Pixels from left to right, as they are stored: an orientation in its EXIF is not applied.
    pub width: u32,
    /// Pixels from top to bottom, as they are stored.
    pub height: u32,
}

/// What is wrong with a file.
type Flaw = &'static str;

type Size = (u32, u32);

/// An upload within the limits, all of it there. What comes behind its end has been left off, so that no decoder sees it.
pub(crate) struct Upload<'a> {
    pub(crate) shape: Shape,
    pub(crate) file: &'a [u8],
}

pub(crate) fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Upload<'a>, Refused> {
    limits.admit_bytes(bytes.len())?;
    let format = Format::of(bytes).ok_or(Refused::NotAnImage)?;
    let (width, height) = size(format, bytes).map_err(Refused::broken)?;
    limits.admit_size(width, height)?;
    let end = whole(format, bytes).map_err(Refused::broken)?;
    let file = bytes.get(..end).unwrap_or(bytes);
    Ok(Upload { shape: Shape { format, width, height }, file })
}

fn size(format: Format, bytes: &[u8]) -> Result<Size, Flaw> {
    match format {
        Format::Jpeg => jpeg::size(bytes),
        Format::Png => png::size(bytes),
        Format::WebP => webp::size(bytes),
        Format::Gif => gif::size(bytes),
    }
}

/// How many bytes the file has.
fn whole(format: Format, bytes: &[u8]) -> Result<usize, Flaw> {
    match format {
        Format::Jpeg => jpeg::whole(bytes),
        Format::Png => png::whole(bytes),
        Format::WebP => webp::whole(bytes),
        Format::Gif => gif::whole(bytes),
    }
}

impl From<Ended> for Flaw {
    fn from(Ended: Ended) -> Self {
        "it ends too soon"
    }
}
