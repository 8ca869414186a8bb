//! Files made by hand or by an encoder, well and ill.

pub(crate) mod gif;
pub(crate) mod jpeg;
pub(crate) mod metadata;
pub(crate) mod png;
pub(crate) mod webp;

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// Four fields of a colour each: red and green above, blue and yellow below.
pub(crate) const FIELDS: [[u8; 3]; 4] = [[220, 30, 30], [30, 200, 30], [30, 30, 220], [220, 210, 40]];

pub(crate) fn fields(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb(FIELDS[field(x, y, width, height)]))
}

/// The same fields; the right half cannot be seen.
pub(crate) fn half_seen(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let [red, green, blue] = FIELDS[field(x, y, width, height)];
        Rgba([red, green, blue, if x < width / 2 { 255 } else { 0 }])
    })
}

fn field(x: u32, y: u32, width: u32, height: u32) -> usize {
    usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2)
}

pub(crate) fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// One small file of each format, and of each way to write it.
pub(crate) fn one_of_each() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("jpeg", encoded(fields(24, 16), ImageFormat::Jpeg)),
        ("progressive jpeg", jpeg::Jpeg { progressive: true, ..jpeg::Jpeg::grey(24, 16) }.file()),
        ("png", encoded(fields(24, 16), ImageFormat::Png)),
        ("transparent png", encoded(half_seen(24, 16), ImageFormat::Png)),
        ("gif", encoded(fields(24, 16), ImageFormat::Gif)),
        ("moving gif", gif::moving(&[fields(24, 16), RgbImage::new(24, 16)])),
        ("lossless webp", encoded(fields(24, 16), ImageFormat::WebP)),
        ("lossy webp", webp::lossy()),
        ("transparent webp", webp::transparent()),
        ("moving webp", webp::moving()),
    ]
}
