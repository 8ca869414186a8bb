//! Turns the bytes that somebody uploads as an image into safe variants of it.
//!
//! What comes in is hostile until it has been decoded: nothing but its bytes is looked at, no name and no `Content-Type`.
//! [`prepare`] takes JPEG, PNG, WebP and GIF (its first frame), turns the picture as its EXIF orientation says, makes it
//! smaller, and writes every variant anew from pixels. So whatever was in the file beside them – where it was taken, by
//! whom, comments, colour profiles, a second file behind the first – is in none of them. Promises:
//!
//! * A picture that is too large is refused by its header, before any pixel is decoded or any memory for it is taken, also
//!   where a file holds frames within frames whose sizes disagree.
//! * A file that ends too soon is refused, even where its decoder would fill up what is missing with grey.
//! * Memory is bounded by [`Limits::pixels`]: a call never needs more than 12 bytes for each of them and 40 MiB beside, which
//!   a test measures. With the defaults that is 243 MB, for a file that was made for it; a common JPEG needs a third of it.
//!   So let only one or two run at a time, on threads where nobody waits for anything else.
//! * The same bytes become the same variants, on the same kind of processor and with the same version of this crate.
//!
//! Colours are taken as sRGB; a picture in another colour space looks a little paler than it did.
//!
//! ```
//! use picture::{Format, Limits, Refused};
//!
//! let upload = picture::draw(42, 720, 480)?;
//! let picture = picture::prepare(&upload, &Limits::default())?;
//! assert_eq!((picture.width, picture.height), (720, 480));
//!
//! let sizes: Vec<_> = picture.variants.iter().map(|variant| (variant.name, variant.width, variant.height)).collect();
//! assert_eq!(sizes, [("144", 216, 144), ("240", 360, 240), ("720", 720, 480), ("original", 720, 480)]);
//! assert!(picture.variants.iter().all(|variant| variant.format == Format::Jpeg));
//!
//! assert_eq!(picture::prepare(b"<svg/>", &Limits::default()), Err(Refused::NotAnImage));
//! # Ok::<(), Refused>(())
//! ```

mod decode;
mod draw;
mod format;
mod header;
mod limits;
mod placeholder;
mod refused;
mod shrink;
mod variants;
mod write;

use bytes::Bytes;

pub use draw::draw;
pub use format::Format;
pub use header::Shape;
pub use limits::Limits;
pub use refused::Refused;

/// What became of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels of the variant `original` from left to right, as the picture is looked at.
    pub width: u32,
    /// Pixels of the variant `original` from top to bottom.
    pub height: u32,
    /// What a page can show while the picture is loading: a [ThumbHash](https://evanw.github.io/thumbhash/) in base64, at
    /// most 36 characters. It holds the colours, the proportions and where it is transparent.
    pub placeholder: String,
    /// From the smallest to `original`: `144`, `240`, `720`, `original`. There are always four; those that would be alike
    /// share their bytes.
    pub variants: Vec<Variant>,
}

/// One file that can be given to everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// `144`, `240` and `720` are at most that many pixels high; `original` has at most 2,048 on its longer side. None is
    /// larger than what was uploaded, and none is larger than `original`.
    pub name: &'static str,
    /// Pixels from left to right, at least 1.
    pub width: u32,
    /// Pixels from top to bottom, at least 1.
    pub height: u32,
    /// JPEG; PNG for an `original` that is transparent somewhere.
    pub format: Format,
    /// The file.
    pub bytes: Bytes,
}

/// What an upload says of itself, without decoding it. That it can be decoded is not known yet.
///
/// # Errors
/// [`Refused`] if it is no image of a known format, beyond a limit, or not whole.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Shape, Refused> {
    header::read(bytes, limits).map(|upload| upload.shape)
}

/// Makes the variants of an upload.
///
/// # Errors
/// What [`inspect`] refuses, and what cannot be decoded.
pub fn prepare(bytes: &[u8], limits: &Limits) -> Result<Picture, Refused> {
    let upload = header::read(bytes, limits)?;
    variants::all(decode::decode(&upload)?)
}
