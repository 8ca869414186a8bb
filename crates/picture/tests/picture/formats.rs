//! Every format that is taken, and every way to write it that cameras and programs use.

use image::{DynamicImage, ImageFormat, Luma, Rgba, RgbaImage};
use picture::{Format, Limits};

use crate::files::{self, FIELDS, encoded, fields, gif, half_seen, jpeg, png, webp};
use crate::{assert_alike, pixels, prepared, variant};

fn middle_of(field: usize, file: &[u8]) -> [u8; 4] {
    let pixels = pixels(variant(&prepared(file), "original"));
    let (width, height) = pixels.dimensions();
    let [x, y] = [field % 2, field / 2].map(|place| 1 + 2 * u32::try_from(place).unwrap());
    pixels.get_pixel(width * x / 4, height * y / 4).0
}

fn opaque([red, green, blue]: [u8; 3]) -> [u8; 4] {
    [red, green, blue, 255]
}

#[test]
fn each_format_is_recognised_by_its_bytes() {
    let format = |name: &str| match name.split(' ').next_back() {
        Some("jpeg") => Format::Jpeg,
        Some("png") => Format::Png,
        Some("gif") => Format::Gif,
        _ => Format::WebP,
    };
    for (name, file) in files::one_of_each() {
        let shape = picture::inspect(&file, &Limits::default()).unwrap();
        assert_eq!((shape.format, shape.width, shape.height), (format(name), 24, 16), "{name}");
        let picture = prepared(&file);
        assert_eq!((picture.width, picture.height), (24, 16), "{name}");
        picture.variants.iter().for_each(|variant| drop(pixels(variant)));
    }
}

#[test]
fn colours_survive() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let file = encoded(fields(64, 48), format);
        for (field, colour) in FIELDS.into_iter().enumerate() {
            assert_alike(middle_of(field, &file), opaque(colour));
        }
    }
}

#[test]
fn lossy_webp_keeps_its_colours() {
    let file = webp::lossy();
    assert_alike(middle_of(0, &file), [66, 68, 128, 255]);
    assert_alike(middle_of(3, &file), [199, 204, 128, 255]);
}

#[test]
fn sixteen_bits_become_eight() {
    let deep = DynamicImage::from(fields(64, 48)).into_rgb16();
    assert_alike(middle_of(1, &encoded(deep, ImageFormat::Png)), opaque(FIELDS[1]));
    let large = DynamicImage::from(fields(2_400, 40)).into_rgb16();
    assert_alike(middle_of(3, &encoded(large, ImageFormat::Png)), opaque(FIELDS[3]));
    let clear = DynamicImage::from(half_seen(64, 48)).into_rgba16();
    assert_eq!(middle_of(1, &encoded(clear, ImageFormat::Png))[3], 0);
}

#[test]
fn grey_stays_grey() {
    let grey = image::GrayImage::from_fn(40, 30, |x, _| Luma([if x < 20 { 40 } else { 200 }]));
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let file = encoded(grey.clone(), format);
        assert_alike(middle_of(0, &file), [40, 40, 40, 255]);
        assert_alike(middle_of(1, &file), [200, 200, 200, 255]);
    }
    let deep = DynamicImage::from(grey.clone()).into_luma16();
    assert_alike(middle_of(1, &encoded(deep, ImageFormat::Png)), [200, 200, 200, 255]);
    let clear = DynamicImage::from(grey).into_luma_alpha8();
    assert_alike(middle_of(1, &encoded(clear, ImageFormat::Png)), [200, 200, 200, 255]);
}

#[test]
fn a_palette_is_looked_up_and_its_transparency_heeded() {
    let palette = png::chunk(b"PLTE", &FIELDS.concat());
    let transparency = png::chunk(b"tRNS", &[255, 255, 255, 0]);
    let end = png::chunk(b"IEND", &[]);
    // One row of four pixels of two bits each, 0 1 2 3, in a block that is not packed.
    let row = png::chunk(b"IDAT", &[0x78, 0x01, 1, 2, 0, 0xFD, 0xFF, 0, 0b00_01_10_11, 0x00, 0x1D, 0x00, 0x1C]);
    let opaque_file = [png::head(4, 1, 2, 3), palette.clone(), row.clone(), end.clone()].concat();
    let found = pixels(variant(&prepared(&opaque_file), "original"));
    assert_eq!(found.dimensions(), (4, 1));

    let file = [png::head(4, 1, 2, 3), palette, transparency, row, end].concat();
    let picture = prepared(&file);
    let original = variant(&picture, "original");
    assert_eq!(original.format, Format::Png);
    let found: Vec<_> = pixels(original).pixels().map(|pixel| pixel.0).collect();
    assert_eq!(found[..3], FIELDS.map(opaque)[..3]);
    assert_eq!(found[3][3], 0);
}

#[test]
fn ink_becomes_light() {
    let ink = |channels| pixels(variant(&prepared(&jpeg::ink(channels)), "original")).get_pixel(4, 4).0;
    assert_alike(ink([255, 255, 255, 255]), [255, 255, 255, 255]);
    assert_alike(ink([255, 0, 0, 255]), [255, 0, 0, 255]);
    assert_alike(ink([0, 255, 0, 255]), [0, 255, 0, 255]);
    assert_alike(ink([255, 255, 255, 0]), [0, 0, 0, 255]);
}

#[test]
fn a_progressive_jpeg_is_a_jpeg() {
    let file = jpeg::Jpeg { progressive: true, ..jpeg::Jpeg::grey(100, 60) }.file();
    assert_alike(middle_of(0, &file), [128, 128, 128, 255]);
}

#[test]
fn of_what_moves_there_is_the_first_frame() {
    let file = gif::moving(&[fields(64, 48), image::RgbImage::new(64, 48)]);
    assert_alike(middle_of(3, &file), opaque(FIELDS[3]));

    let [red, green, blue, alpha] = middle_of(0, &webp::moving());
    assert_alike([red, green, blue, 255], [66, 68, 128, 255]);
    assert_eq!(alpha, 255);
}

#[test]
fn transparency_stays_in_the_original_and_is_white_elsewhere() {
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let picture = prepared(&encoded(half_seen(400, 300), format));
        let original = variant(&picture, "original");
        assert_eq!(original.format, Format::Png);
        assert_eq!(pixels(original).get_pixel(300, 75).0[3], 0);
        assert_alike(pixels(original).get_pixel(100, 75).0, opaque(FIELDS[0]));
        for name in ["144", "240", "720"] {
            let variant = variant(&picture, name);
            assert_eq!(variant.format, Format::Jpeg, "{name}");
            let pixels = pixels(variant);
            assert_alike(pixels.get_pixel(variant.width * 3 / 4, variant.height / 4).0, [255; 4]);
            assert_alike(pixels.get_pixel(variant.width / 4, variant.height / 4).0, opaque(FIELDS[0]));
        }
    }
}

#[test]
fn lossy_transparency_is_heeded() {
    assert_eq!(middle_of(0, &webp::transparent())[3], 255);
    assert_alike([60, 60, 60, middle_of(1, &webp::transparent())[3]], [60, 60, 60, 60]);
}

#[test]
fn the_colour_of_what_cannot_be_seen_does_not_bleed_into_what_can() {
    let stripes = |x: u32, _| Rgba(if x.is_multiple_of(2) { [0, 0, 200, 255] } else { [255, 0, 0, 0] });
    let picture = prepared(&encoded(RgbaImage::from_fn(4_000, 8, stripes), ImageFormat::Png));
    let [red, green, blue, alpha] = pixels(variant(&picture, "original")).get_pixel(1_000, 2).0;
    assert!(red < 8 && green < 8 && blue > 180, "{red} {green} {blue}");
    assert!((90..170).contains(&alpha), "{alpha}");
}

#[test]
fn a_transparent_format_without_anything_transparent_becomes_a_jpeg() {
    let opaque = DynamicImage::from(fields(40, 30)).into_rgba8();
    assert_eq!(variant(&prepared(&encoded(opaque, ImageFormat::Png)), "original").format, Format::Jpeg);
}
