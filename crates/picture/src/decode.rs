//! From a file to pixels that are no larger than the largest variant, and the right way up.

use std::io::Cursor;

use image::codecs::{gif::GifDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageResult};

use crate::header::Upload;
use crate::shrink::{Bounds, shrink};
use crate::{Format, Refused};

/// The longer side of `original`, in pixels.
const LONGEST: u32 = 2_048;

/// What a decoder of PNG may keep beside pixels: texts, and a colour profile, which may be packed.
const BESIDE_PIXELS: u64 = 32 << 20;

/// The picture as it is looked at.
///
/// It is made smaller before it is turned, because turning needs a copy.
pub(crate) fn decode(upload: &Upload<'_>) -> Result<DynamicImage, Refused> {
    let (large, orientation) = pixels(upload)?;
    let mut picture = shrink(large, Bounds::square(LONGEST))?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn pixels(upload: &Upload<'_>) -> Result<(DynamicImage, Orientation), Refused> {
    let file = Cursor::new(upload.file);
    match upload.shape.format {
        Format::Jpeg => read(JpegDecoder::new(file), upload),
        Format::Png => read(PngDecoder::with_limits(file, bounded(upload, BESIDE_PIXELS)), upload),
        Format::WebP => read(WebPDecoder::new(file), upload),
        Format::Gif => read(GifDecoder::new(file), upload),
    }
}

fn read(decoder: ImageResult<impl ImageDecoder>, upload: &Upload<'_>) -> Result<(DynamicImage, Orientation), Refused> {
    let mut decoder = decoder.map_err(Refused::broken)?;
    let (width, height) = (upload.shape.width, upload.shape.height);
    if decoder.dimensions() != (width, height) {
        return Err(Refused::broken("two of its sizes disagree"));
    }
    let most = u64::from(width) * u64::from(height) * MOST_BYTES_A_PIXEL;
    if decoder.total_bytes() > most {
        return Err(Refused::broken("its pixels are larger than any that are known"));
    }
    decoder.set_limits(bounded(upload, most)).map_err(Refused::broken)?;
    // One that cannot be read says nothing.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(Refused::broken)?;
    Ok((picture, orientation))
}

/// Red, green, blue and alpha of 16 bits.
const MOST_BYTES_A_PIXEL: u64 = 8;

fn bounded(upload: &Upload<'_>, bytes: u64) -> image::Limits {
    let mut limits = image::Limits::no_limits();
    limits.max_image_width = Some(upload.shape.width);
    limits.max_image_height = Some(upload.shape.height);
    limits.max_alloc = Some(bytes);
    limits
}
