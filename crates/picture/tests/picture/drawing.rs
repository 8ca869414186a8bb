//! Pictures for demonstrations.

use std::collections::HashSet;

use picture::Format;

use crate::{pixels, prepared, variant};

#[test]
fn the_same_seed_draws_the_same_picture_and_another_draws_another() {
    let drawn: HashSet<_> = (0..24).map(|seed| picture::draw(seed, 72, 48).unwrap()).collect();
    assert_eq!(drawn.len(), 24);
    assert_eq!(picture::draw(42, 72, 48), picture::draw(42, 72, 48));
}

#[test]
fn what_is_drawn_is_an_upload_like_any_other() {
    for (seed, width, height) in [(1, 720, 480), (2, 480, 720), (3, 720, 720), (4, 1, 1), (5, 300, 1)] {
        let picture = prepared(&picture::draw(seed, width, height).unwrap());
        assert_eq!((picture.width, picture.height), (width, height));
        assert_eq!(variant(&picture, "original").format, Format::Jpeg);
    }
}

#[test]
fn a_drawing_has_many_colours() {
    for seed in 0..24 {
        let pixels = pixels(variant(&prepared(&picture::draw(seed, 360, 240).unwrap()), "original"));
        let coarse: HashSet<_> = pixels.pixels().map(|pixel| pixel.0.map(|channel| channel / 16)).collect();
        assert!(coarse.len() > 20, "seed {seed}: {}", coarse.len());
    }
}

#[test]
fn sides_that_cannot_be_drawn_are_drawn_as_the_nearest() {
    assert_eq!(picture::draw(1, 0, 48), picture::draw(1, 1, 48));
    assert_eq!(picture::draw(1, 10, u32::MAX), picture::draw(1, 10, 2_048));
}
