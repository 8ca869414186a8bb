//! Which variants there are of a picture.

use image::DynamicImage;

use crate::shrink::{Bounds, shrink};
use crate::write::{jpeg, png};
use crate::{Format, Picture, Refused, Variant, placeholder};

/// Names and heights of the smaller ones, the largest first: each is made of the one before.
const SMALLER: [(&str, u32); 3] = [("720", 720), ("240", 240), ("144", 144)];

/// All variants of a picture that is as large as `original` may be.
pub(crate) fn all(picture: DynamicImage) -> Result<Picture, Refused> {
    let mut pixels = plain(picture);
    let (width, height) = (pixels.width(), pixels.height());
    let mut variants = vec![original(&pixels)?];
    for (name, most) in SMALLER {
        let larger = (pixels.width(), pixels.height());
        pixels = shrink(pixels, Bounds::height(most))?;
        let same = larger == (pixels.width(), pixels.height());
        let variant = match variants.last() {
            Some(last) if same && last.format == Format::Jpeg => Variant { name, ..last.clone() },
            _ => variant(name, &pixels, Format::Jpeg)?,
        };
        variants.push(variant);
    }
    variants.reverse();
    Ok(Picture { width, height, placeholder: placeholder::of(pixels)?, variants })
}

/// A transparent picture stays transparent as `original`, which is what its author made, for whatever background; its smaller
/// variants are on white, since as PNG they would be several times as large, and JPEG knows no transparency.
fn original(pixels: &DynamicImage) -> Result<Variant, Refused> {
    let format = if pixels.color().has_alpha() { Format::Png } else { Format::Jpeg };
    variant("original", pixels, format)
}

fn variant(name: &'static str, pixels: &DynamicImage, format: Format) -> Result<Variant, Refused> {
    let bytes = if format == Format::Png { png(pixels)? } else { jpeg(pixels)? };
    Ok(Variant { name, width: pixels.width(), height: pixels.height(), format, bytes })
}

/// Three channels of 8 bits, or four if something is transparent: that a file could be is not enough.
fn plain(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8().into();
    }
    let pixels = picture.into_rgba8();
    if pixels.pixels().all(|pixel| pixel.0[3] == u8::MAX) {
        return DynamicImage::from(pixels).into_rgb8().into();
    }
    pixels.into()
}
