//! What becomes of the files that people, and people who mean harm, upload.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bombs;
mod cut;
mod drawing;
mod files;
mod formats;
mod metadata;
mod mutated;
mod orientations;
mod refusals;
mod sizes;

use image::{DynamicImage, RgbaImage};
use picture::{Limits, Picture, Refused, Variant};

fn prepared(bytes: &[u8]) -> Picture {
    picture::prepare(bytes, &Limits::default()).unwrap()
}

fn refused(bytes: &[u8]) -> Refused {
    picture::prepare(bytes, &Limits::default()).unwrap_err()
}

fn is_broken(refused: &Refused) -> bool {
    matches!(refused, Refused::Broken { .. })
}

fn variant<'a>(picture: &'a Picture, name: &str) -> &'a Variant {
    picture.variants.iter().find(|variant| variant.name == name).unwrap()
}

fn pixels(variant: &Variant) -> RgbaImage {
    decoded(variant).into_rgba8()
}

/// What a browser makes of a variant, which is what it says to be.
fn decoded(variant: &Variant) -> DynamicImage {
    let format = match variant.format {
        picture::Format::Jpeg => image::ImageFormat::Jpeg,
        picture::Format::Png => image::ImageFormat::Png,
        other => panic!("{other:?} is not written"),
    };
    let image = image::load_from_memory_with_format(&variant.bytes, format).unwrap();
    assert_eq!((image.width(), image.height()), (variant.width, variant.height), "{}", variant.name);
    image
}

/// JPEG changes colours a little.
#[track_caller]
fn assert_alike(found: [u8; 4], wanted: [u8; 4]) {
    let far = found.iter().zip(wanted).any(|(found, wanted)| found.abs_diff(wanted) > 12);
    assert!(!far, "{found:?} is not like {wanted:?}");
}
