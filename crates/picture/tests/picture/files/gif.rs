//! GIF, moving or by hand.

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, RgbImage};

pub(crate) fn moving(frames: &[RgbImage]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new(&mut file);
    for frame in frames {
        encoder.encode_frame(Frame::new(DynamicImage::from(frame.clone()).into_rgba8())).unwrap();
    }
    drop(encoder);
    file
}

/// A screen, and one frame of one pixel that says to have another size.
pub(crate) fn framed(screen: [u16; 2], frame: [u16; 2]) -> Vec<u8> {
    let [wide, high] = screen.map(u16::to_le_bytes);
    let [across, down] = frame.map(u16::to_le_bytes);
    let palette = [0x80, 0, 0, 0, 0, 0, 255, 255, 255];
    let image = [&[0x2C, 0, 0, 0, 0][..], &across, &down, &[0, 2, 2, 0x44, 0x01, 0, 0x3B]].concat();
    [&b"GIF89a"[..], &wide, &high, &palette, &image].concat()
}

/// The file with a comment.
pub(crate) fn with_comment(file: &[u8], comment: &[u8]) -> Vec<u8> {
    let (before, end) = file.split_at(file.len() - 1);
    let block = [&[0x21, 0xFE, u8::try_from(comment.len()).unwrap()][..], comment, &[0]].concat();
    [before, &block, end].concat()
}
