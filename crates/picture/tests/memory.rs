//! How much memory the worst files take. Alone in its process, since that is what can be measured.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// The files that the other tests are made with.
#[path = "picture"]
#[allow(dead_code, reason = "only the largest are measured")]
mod made {
    pub(crate) mod files;
}

use std::fs;

use image::{DynamicImage, ImageFormat};
use picture::{Limits, Refused};

use made::files::{encoded, jpeg::Jpeg, png, webp};

/// The most memory of this process since it was asked to forget.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

/// What a call takes beside what was there before.
fn taken<T>(call: impl FnOnce() -> T) -> (u64, T) {
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak();
    let result = call();
    (peak() - before, result)
}

fn largest() -> Vec<(&'static str, Vec<u8>)> {
    let (width, height) = (4_096, 4_096);
    let cmyk = Jpeg { channels: 4, progressive: true, ..Jpeg::grey(width, height) };
    let (wide, high) = (u32::from(width), u32::from(height));
    vec![
        ("jpeg", Jpeg::grey(width, height).file()),
        ("progressive jpeg", Jpeg { progressive: true, ..Jpeg::grey(width, height) }.file()),
        ("progressive jpeg of four channels", cmyk.file()),
        ("png of 16 bits and alpha", encoded(DynamicImage::new_rgba16(wide, high), ImageFormat::Png)),
        ("lossless webp", encoded(DynamicImage::new_rgb8(wide, high), ImageFormat::WebP)),
        ("lossy webp", webp::riff(&[webp::chunk(b"VP8 ", &webp::pixels(width, height, 1_000_000))])),
        ("transparent webp that moves", moving(width, height)),
        (
            "gif whose frame is not its screen",
            with_screen(&encoded(DynamicImage::new_rgb8(wide - 1, high), ImageFormat::Gif), width),
        ),
    ]
}

/// One frame of an animation, with its transparency beside its colours, as large as that.
fn moving(width: u16, height: u16) -> Vec<u8> {
    let opaque = encoded(DynamicImage::new_rgb8(width.into(), height.into()), ImageFormat::WebP);
    // Transparency that is packed has the form of a lossless picture without its head.
    let alpha = webp::content_of(&opaque, b"VP8L").split_off(5);
    let alpha = webp::chunk(b"ALPH", &[vec![1], alpha].concat());
    let colours = webp::chunk(b"VP8 ", &webp::pixels(width, height, 1_000_000));
    let (width, height) = (width.into(), height.into());
    let frame = webp::frame(width, height, &[alpha, colours]);
    webp::riff(&[webp::canvas(2 | 16, width, height), webp::motion(), frame])
}

/// A GIF with a screen of another width.
fn with_screen(file: &[u8], width: u16) -> Vec<u8> {
    [&file[..6], &width.to_le_bytes(), &file[8..]].concat()
}

#[test]
fn memory_is_bounded_by_the_number_of_pixels() {
    let limits = Limits::default();
    for (name, file) in largest() {
        let (bytes, result) = taken(|| picture::prepare(&file, &limits).map(|picture| picture.width));
        assert_eq!(result, Ok(2_048), "{name}");
        assert!(bytes <= 12 * limits.pixels + (40 << 20), "{name}: {bytes} bytes");
        assert!(bytes >= 3 * limits.pixels, "{name}: {bytes} bytes are too few to be true");
    }
    let bomb = png::black(20_000, 20_000);
    let (bytes, result) = taken(|| picture::prepare(&bomb, &limits));
    assert_eq!(result, Err(Refused::TooLong { side: 20_000, limit: 12_000 }));
    assert!(bytes < 1 << 20, "{bytes} bytes for what is refused by its header");
}
