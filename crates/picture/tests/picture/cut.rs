//! A file that ends too soon is no picture, however much of it is there.

use image::ImageFormat;
use picture::{Limits, Refused};

use crate::files::{encoded, one_of_each};
use crate::{is_broken, prepared, refused};

#[test]
fn no_beginning_of_a_file_is_a_picture() {
    for (name, file) in one_of_each() {
        prepared(&file);
        // A last byte that only pads a chunk is nothing that is missing: these files have none.
        for length in 0..file.len() {
            let refused = refused(&file[..length]);
            assert!(is_broken(&refused) || refused == Refused::NotAnImage, "{name}, {length} bytes: {refused}");
        }
    }
}

#[test]
fn a_large_file_that_is_cut_off_is_broken_at_once() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let drawn = image::load_from_memory(&picture::draw(3, 600, 400).unwrap()).unwrap().into_rgb8();
        let file = encoded(drawn, format);
        for part in 1..40 {
            let cut = &file[..file.len() * part / 40];
            let refused = picture::inspect(cut, &Limits::default()).unwrap_err();
            assert!(is_broken(&refused), "{format:?}, {part} of 40: {refused}");
        }
    }
}
