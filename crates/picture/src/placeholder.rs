//! A few bytes that look like the picture from far away.

use base64::{Engine, engine::general_purpose::STANDARD};
use image::DynamicImage;

use crate::Refused;
use crate::shrink::{Bounds, shrink};

/// More pixels do not change what at most seven waves a side can show.
const SIDE: u32 = 32;

/// A ThumbHash in base64.
pub(crate) fn of(pixels: DynamicImage) -> Result<String, Refused> {
    let small = shrink(pixels, Bounds::square(SIDE))?.into_rgba8();
    let [width, height] = [small.width(), small.height()].map(|side| side as usize);
    Ok(STANDARD.encode(thumbhash::rgba_to_thumb_hash(width, height, small.as_raw())))
}
