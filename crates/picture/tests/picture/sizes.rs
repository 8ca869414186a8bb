//! Which variants there are, and how large they are.

use image::{ImageFormat, RgbImage};
use picture::{Format, Picture};

use crate::files::{encoded, fields, half_seen, jpeg::Jpeg};
use crate::{decoded, pixels, prepared, variant};

fn sizes(picture: &Picture) -> Vec<(&str, u32, u32)> {
    picture.variants.iter().map(|variant| (variant.name, variant.width, variant.height)).collect()
}

fn of(width: u16, height: u16) -> Picture {
    prepared(&Jpeg::grey(width, height).file())
}

#[test]
fn a_large_picture_has_four_sizes() {
    let picture = of(4_000, 3_000);
    assert_eq!((picture.width, picture.height), (2_048, 1_536));
    let wanted = [("144", 192, 144), ("240", 320, 240), ("720", 960, 720), ("original", 2_048, 1_536)];
    assert_eq!(sizes(&picture), wanted);
    picture.variants.iter().for_each(|variant| drop(decoded(variant)));
}

#[test]
fn a_portrait_is_measured_by_its_height() {
    let picture = of(3_000, 4_000);
    assert_eq!(sizes(&picture), [("144", 108, 144), ("240", 180, 240), ("720", 540, 720), ("original", 1_536, 2_048)]);
}

#[test]
fn a_small_picture_is_never_enlarged_and_its_variants_share_their_bytes() {
    let picture = of(300, 200);
    assert_eq!(sizes(&picture), [("144", 216, 144), ("240", 300, 200), ("720", 300, 200), ("original", 300, 200)]);
    let shared = |name: &str| variant(&picture, name).bytes.as_ptr();
    assert_eq!(shared("240"), shared("original"));
    assert_eq!(shared("720"), shared("original"));
    assert_ne!(shared("144"), shared("original"));
}

#[test]
fn a_small_transparent_picture_has_a_jpeg_beside_its_png() {
    let picture = prepared(&encoded(half_seen(30, 20), ImageFormat::Png));
    let formats: Vec<_> = picture.variants.iter().map(|variant| variant.format).collect();
    assert_eq!(formats, [Format::Jpeg, Format::Jpeg, Format::Jpeg, Format::Png]);
}

#[test]
fn one_pixel_is_a_picture() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let picture = prepared(&encoded(RgbImage::new(1, 1), format));
        assert_eq!(sizes(&picture), [("144", 1, 1), ("240", 1, 1), ("720", 1, 1), ("original", 1, 1)]);
    }
}

#[test]
fn extreme_proportions_never_lose_a_side() {
    let line = prepared(&encoded(RgbImage::new(10_000, 1), ImageFormat::Png));
    assert_eq!(sizes(&line), [("144", 2_048, 1), ("240", 2_048, 1), ("720", 2_048, 1), ("original", 2_048, 1)]);
    let pole = prepared(&encoded(RgbImage::new(1, 10_000), ImageFormat::Png));
    assert_eq!(sizes(&pole), [("144", 1, 144), ("240", 1, 240), ("720", 1, 720), ("original", 1, 2_048)]);
    for variant in line.variants.iter().chain(&pole.variants) {
        decoded(variant);
    }
}

#[test]
fn the_same_upload_becomes_the_same_variants() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let file = encoded(fields(900, 800), format);
        assert_eq!(prepared(&file), prepared(&file));
    }
}

#[test]
fn a_placeholder_is_a_short_hash_that_shows_the_picture() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    for (width, height) in [(900, 600), (600, 900), (1, 1), (2_000, 1)] {
        let picture = prepared(&encoded(fields(width, height), ImageFormat::Png));
        assert!((5..=36).contains(&picture.placeholder.len()), "{}", picture.placeholder);
    }
    let picture = prepared(&encoded(fields(900, 600), ImageFormat::Png));
    let hash = STANDARD.decode(&picture.placeholder).unwrap();
    let (width, height, shown) = thumbhash::thumb_hash_to_rgba(&hash).unwrap();
    let proportion = thumbhash::thumb_hash_to_approximate_aspect_ratio(&hash).unwrap();
    assert!((1.2..1.8).contains(&proportion), "{proportion}");
    let corner = |x: usize, y: usize| shown[(y * width + x) * 4..][..3].to_vec();
    let [red, green, blue] = corner(width / 5, height / 5)[..] else { unreachable!() };
    assert!(red > green && red > blue, "the upper left is red, not {red} {green} {blue}");
    let [red, green, blue] = corner(width / 5, height * 4 / 5)[..] else { unreachable!() };
    assert!(blue > green && blue > red, "the lower left is blue, not {red} {green} {blue}");
}

#[test]
fn a_placeholder_of_a_transparent_picture_is_transparent_where_it_is() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let picture = prepared(&encoded(half_seen(900, 600), ImageFormat::Png));
    let (width, height, shown) = thumbhash::thumb_hash_to_rgba(&STANDARD.decode(picture.placeholder).unwrap()).unwrap();
    let alpha = |x: usize| shown[(height / 2 * width + x) * 4 + 3];
    assert!(alpha(width / 6) > 200 && alpha(width * 5 / 6) < 50);
}

#[test]
fn a_photograph_is_much_smaller_than_its_pixels() {
    let picture = prepared(&picture::draw(7, 2_048, 1_365).unwrap());
    let thumbnail = variant(&picture, "144");
    assert!(thumbnail.bytes.len() < pixels(thumbnail).len() / 10);
}
