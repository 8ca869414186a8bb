//! Writes pixels, and nothing else, as files.

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, RgbImage, RgbaImage};

use crate::Refused;

/// Of 100: what is lost is hard to see, at a tenth of the size.
const QUALITY: u8 = 85;

/// Whatever is transparent is on white.
pub(crate) fn jpeg(pixels: &DynamicImage) -> Result<Bytes, Refused> {
    let mut file = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut file, QUALITY);
    let written = match pixels {
        DynamicImage::ImageRgb8(opaque) => opaque.write_with_encoder(encoder),
        DynamicImage::ImageRgba8(pixels) => on_white(pixels).write_with_encoder(encoder),
        other => other.to_rgb8().write_with_encoder(encoder),
    };
    written.map_err(Refused::failed)?;
    Ok(file.into())
}

pub(crate) fn png(pixels: &DynamicImage) -> Result<Bytes, Refused> {
    let mut file = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Default, FilterType::Adaptive);
    pixels.write_with_encoder(encoder).map_err(Refused::failed)?;
    Ok(file.into())
}

fn on_white(pixels: &RgbaImage) -> RgbImage {
    let mut opaque = RgbImage::new(pixels.width(), pixels.height());
    for (to, from) in opaque.pixels_mut().zip(pixels.pixels()) {
        let [red, green, blue, alpha] = from.0;
        to.0 = [red, green, blue].map(|channel| over_white(channel, alpha));
    }
    opaque
}

fn over_white(channel: u8, alpha: u8) -> u8 {
    let missing = u32::from(u8::MAX - channel) * u32::from(alpha);
    u8::MAX - u8::try_from((missing + 127) / 255).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_white_and_what_can_is_itself() {
        for channel in 0..=u8::MAX {
            assert_eq!(over_white(channel, u8::MAX), channel);
            assert_eq!(over_white(channel, 0), u8::MAX);
        }
        assert_eq!(over_white(0, 128), 127);
    }
}
