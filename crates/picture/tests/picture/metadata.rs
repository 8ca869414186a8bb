//! Where a picture was taken is nobody's business.

use image::ImageFormat;

use crate::files::metadata::{SECRET, exif, xmp};
use crate::files::{encoded, fields, gif, half_seen, jpeg, png, webp};
use crate::prepared;

const TELLING: [&str; 9] = [SECRET, "Exif", "EXIF", "eXIf", "GPS", "xmp", "XMP", "ICC", "iCCP"];

fn tells(file: &[u8], word: &str) -> bool {
    file.windows(word.len()).any(|window| window == word.as_bytes())
}

#[track_caller]
fn assert_forgotten(file: &[u8]) {
    assert!(tells(file, SECRET), "the upload knows it");
    for variant in prepared(file).variants {
        for word in TELLING {
            assert!(!tells(&variant.bytes, word), "{} has {word}", variant.name);
        }
    }
}

#[test]
fn what_is_beside_the_pixels_of_a_jpeg_is_dropped() {
    let segments = [
        jpeg::segment(0xE1, &[&b"Exif\0\0"[..], &exif(1)].concat()),
        jpeg::segment(0xE1, &[&b"http://ns.adobe.com/xap/1.0/\0"[..], &xmp()].concat()),
        jpeg::segment(0xE2, &[&b"ICC_PROFILE\0\x01\x01"[..], SECRET.as_bytes()].concat()),
        jpeg::segment(0xED, &[&b"Photoshop 3.0\x008BIM"[..], SECRET.as_bytes()].concat()),
        jpeg::segment(0xFE, SECRET.as_bytes()),
    ];
    let plain = encoded(fields(300, 200), ImageFormat::Jpeg);
    assert_forgotten(&jpeg::with_segments(&plain, &segments.concat()));
    for segment in segments {
        assert_forgotten(&jpeg::with_segments(&plain, &segment));
    }
}

#[test]
fn what_is_beside_the_pixels_of_a_png_is_dropped() {
    let chunks = [
        png::chunk(b"eXIf", &exif(1)),
        png::chunk(b"tEXt", &[&b"Comment\0"[..], SECRET.as_bytes()].concat()),
        png::chunk(b"iTXt", &[&b"XML:com.adobe.xmp\0\0\0\0\0"[..], &xmp()].concat()),
        png::chunk(b"teLl", SECRET.as_bytes()),
    ];
    // Its original is a PNG again.
    let plain = encoded(half_seen(300, 200), ImageFormat::Png);
    assert_forgotten(&png::with_chunks(&plain, &chunks.concat()));
    for chunk in chunks {
        assert_forgotten(&png::with_chunks(&plain, &chunk));
    }
}

#[test]
fn what_is_beside_the_pixels_of_a_webp_is_dropped() {
    let pixels = webp::content_of(&encoded(half_seen(300, 200), ImageFormat::WebP), b"VP8L");
    let chunks = [
        webp::canvas(0b0010_1100, 300, 200),
        webp::chunk(b"ICCP", SECRET.as_bytes()),
        webp::chunk(b"VP8L", &pixels),
        webp::chunk(b"EXIF", &exif(1)),
        webp::chunk(b"XMP ", &xmp()),
    ];
    assert_forgotten(&webp::riff(&chunks));
}

#[test]
fn the_comment_of_a_gif_is_dropped() {
    assert_forgotten(&gif::with_comment(&encoded(fields(300, 200), ImageFormat::Gif), SECRET.as_bytes()));
}

#[test]
fn what_stands_behind_the_end_of_a_file_is_dropped() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let file = [encoded(fields(300, 200), format), format!("<script>{SECRET}</script>").into_bytes()].concat();
        assert_forgotten(&file);
    }
}
