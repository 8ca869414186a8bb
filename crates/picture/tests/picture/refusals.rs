//! What is no picture, or too much of one.

use image::{ImageFormat, RgbImage};
use picture::{Limits, Refused};

use crate::files::{encoded, fields, jpeg::Jpeg};
use crate::{is_broken, prepared, refused};

#[test]
fn what_is_no_image_is_said_to_be_none() {
    let files: [&[u8]; 11] = [
        b"",
        b"\0",
        b"hello, this is a holiday.jpg",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n",
        b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0",
        b"II\x2A\0\x08\0\0\0",
        b"\0\0\0\x1CftypavifISO8",
        b"RIFF\x24\0\0\0WAVEfmt ",
    ];
    for file in files {
        assert_eq!(refused(file), Refused::NotAnImage, "{:?}", String::from_utf8_lossy(file));
        assert_eq!(picture::inspect(file, &Limits::default()), Err(Refused::NotAnImage));
    }
}

#[test]
fn the_beginning_of_an_image_does_not_make_one() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let file = encoded(fields(8, 8), format);
        let page = [&file[..12], b"<!DOCTYPE html><script>alert(1)</script>"].concat();
        assert!(is_broken(&refused(&page)), "{format:?}");
    }
}

#[test]
fn a_file_beyond_ten_mebibytes_is_refused_with_the_limit() {
    let file = vec![0xFF; 11 << 20];
    assert_eq!(refused(&file), Refused::TooManyBytes { bytes: 11 << 20, limit: 10 << 20 });
    assert_eq!(refused(&file[..(10 << 20) + 1]), Refused::TooManyBytes { bytes: (10 << 20) + 1, limit: 10 << 20 });
    assert_eq!(refused(&[0; 10 << 20]), Refused::NotAnImage);
}

#[test]
fn a_file_of_ten_mebibytes_is_read() {
    let picture = encoded(fields(64, 48), ImageFormat::Jpeg);
    let file = [&picture[..], &vec![0; (10 << 20) - picture.len()]].concat();
    assert_eq!(prepared(&file).width, 64);
}

#[test]
fn sides_and_pixels_are_limited_each_on_its_own() {
    let limits = Limits { bytes: 1 << 20, side: 100, pixels: 5_000 };
    let of = |width, height| picture::prepare(&Jpeg::grey(width, height).file(), &limits).map(|picture| picture.width);
    assert_eq!(of(100, 50), Ok(100));
    assert_eq!(of(101, 1), Err(Refused::TooLong { side: 101, limit: 100 }));
    assert_eq!(of(1, 101), Err(Refused::TooLong { side: 101, limit: 100 }));
    assert_eq!(of(100, 51), Err(Refused::TooManyPixels { pixels: 5_100, limit: 5_000 }));
}

#[test]
fn a_picture_without_pixels_is_broken() {
    assert!(is_broken(&refused(&Jpeg::grey(0, 10).file())));
    assert!(is_broken(&refused(&Jpeg::grey(10, 0).file())));
    let gif = encoded(RgbImage::new(1, 1), ImageFormat::Gif);
    let none = [&gif[..6], &[0; 4], &gif[10..]].concat();
    assert!(is_broken(&refused(&none)));
}

#[test]
fn a_refusal_says_in_words_what_is_wrong() {
    assert_eq!(refused(b"x").to_string(), "this is no JPEG, PNG, WebP or GIF");
    let long = Refused::TooLong { side: 20_000, limit: 12_000 };
    assert_eq!(long.to_string(), "the image is 20000 pixels long, at most 12000 are accepted on a side");
}
