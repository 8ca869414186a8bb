//! EXIF says which edge of what is stored is the upper one of what is seen (CIPA DC-008, tag 274).

use image::{ImageFormat, RgbImage};
use picture::Limits;

use crate::files::{FIELDS, encoded, fields, jpeg, metadata, png, webp};
use crate::{assert_alike, pixels, prepared, variant};

const SEEN: (u32, u32) = (96, 64);

/// Where a stored pixel is seen: "row 0 is the right edge, column 0 the upper" is 6, and so on.
fn seen_at(orientation: u16, column: u32, row: u32) -> (u32, u32) {
    let (right, bottom) = (SEEN.0 - 1, SEEN.1 - 1);
    match orientation {
        1 => (column, row),
        2 => (right - column, row),
        3 => (right - column, bottom - row),
        4 => (column, bottom - row),
        5 => (row, column),
        6 => (right - row, column),
        7 => (right - row, bottom - column),
        _ => (row, bottom - column),
    }
}

fn stored(orientation: u16) -> RgbImage {
    let upright = fields(SEEN.0, SEEN.1);
    let (width, height) = if orientation < 5 { SEEN } else { (SEEN.1, SEEN.0) };
    RgbImage::from_fn(width, height, |column, row| {
        let (x, y) = seen_at(orientation, column, row);
        *upright.get_pixel(x, y)
    })
}

fn assert_upright(file: &[u8], what: &str) {
    let picture = prepared(file);
    assert_eq!((picture.width, picture.height), SEEN, "{what}");
    for name in ["144", "original"] {
        let pixels = pixels(variant(&picture, name));
        for (field, [red, green, blue]) in FIELDS.into_iter().enumerate() {
            let [x, y] = [field % 2, field / 2].map(|place| 1 + 2 * u32::try_from(place).unwrap());
            assert_alike(pixels.get_pixel(SEEN.0 * x / 4, SEEN.1 * y / 4).0, [red, green, blue, 255]);
        }
    }
}

#[test]
fn every_orientation_of_a_jpeg_is_turned_upright() {
    for orientation in 1..=8 {
        let file = encoded(stored(orientation), ImageFormat::Jpeg);
        let exif = [&b"Exif\0\0"[..], &metadata::exif(orientation)].concat();
        let file = jpeg::with_segments(&file, &jpeg::segment(0xE1, &exif));
        assert_upright(&file, &format!("orientation {orientation}"));
    }
}

#[test]
fn every_orientation_of_a_png_is_turned_upright() {
    for orientation in 1..=8 {
        let file = encoded(stored(orientation), ImageFormat::Png);
        let file = png::with_chunks(&file, &png::chunk(b"eXIf", &metadata::exif(orientation)));
        assert_upright(&file, &format!("orientation {orientation}"));
    }
}

#[test]
fn every_orientation_of_a_webp_is_turned_upright() {
    for orientation in 1..=8 {
        let image = stored(orientation);
        let (width, height) = image.dimensions();
        let pixels = webp::content_of(&encoded(image, ImageFormat::WebP), b"VP8L");
        let exif = webp::chunk(b"EXIF", &metadata::exif(orientation));
        let file = webp::riff(&[webp::canvas(8, width, height), webp::chunk(b"VP8L", &pixels), exif]);
        assert_upright(&file, &format!("orientation {orientation}"));
    }
}

#[test]
fn an_orientation_that_does_not_exist_turns_nothing() {
    for orientation in [0, 9, 6_000] {
        let exif = [&b"Exif\0\0"[..], &metadata::exif(orientation)].concat();
        let file = jpeg::with_segments(&encoded(stored(1), ImageFormat::Jpeg), &jpeg::segment(0xE1, &exif));
        assert_upright(&file, &format!("orientation {orientation}"));
    }
}

#[test]
fn what_a_file_says_before_decoding_is_how_it_is_stored() {
    let exif = [&b"Exif\0\0"[..], &metadata::exif(6)].concat();
    let file = jpeg::with_segments(&encoded(stored(6), ImageFormat::Jpeg), &jpeg::segment(0xE1, &exif));
    let shape = picture::inspect(&file, &Limits::default()).unwrap();
    assert_eq!((shape.width, shape.height), (SEEN.1, SEEN.0));
}
