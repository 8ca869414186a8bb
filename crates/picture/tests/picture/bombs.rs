//! Small files that want to become large.

use picture::{Limits, Refused};

use crate::files::{gif, jpeg, jpeg::Jpeg, png, webp};
use crate::{is_broken, prepared, refused};

const SIDE: u32 = 20_000;

const TOO_LONG: Refused = Refused::TooLong { side: SIDE, limit: 12_000 };

/// 20,000 × 20,000, in nothing but the first bytes of a file.
fn headers() -> Vec<(&'static str, Vec<u8>)> {
    let side = SIDE as u16;
    vec![
        ("png", png::head(SIDE, SIDE, 8, 2)),
        ("jpeg", [&[0xFF, 0xD8][..], &Jpeg::grey(side, side).frame()].concat()),
        ("progressive jpeg", Jpeg { progressive: true, ..Jpeg::grey(side, side) }.head()),
        ("gif", gif::framed([side, side], [1, 1])[..13].to_vec()),
        ("webp", webp::riff(&[webp::canvas(0, SIDE, SIDE)])),
    ]
}

/// Why it is refused before any decoder has seen it.
fn unread(file: &[u8]) -> Refused {
    picture::inspect(file, &Limits::default()).unwrap_err()
}

#[test]
fn a_header_of_twenty_thousand_a_side_is_refused_as_such() {
    for (name, file) in headers() {
        assert_eq!(picture::inspect(&file, &Limits::default()), Err(TOO_LONG), "{name}");
        assert_eq!(refused(&file), TOO_LONG, "{name}");
    }
}

#[test]
fn the_same_header_is_too_many_pixels_where_sides_are_not_the_matter() {
    let limits = Limits { side: u32::MAX, ..Limits::default() };
    for (name, file) in headers() {
        let wanted = Refused::TooManyPixels { pixels: 400_000_000, limit: limits.pixels };
        assert_eq!(picture::prepare(&file, &limits), Err(wanted), "{name}");
    }
}

#[test]
fn a_whole_file_of_zeros_is_refused_by_its_header() {
    let bomb = png::black(SIDE, SIDE);
    assert!(bomb.len() < 3 << 20, "{} bytes for 400 megapixels", bomb.len());
    assert_eq!(refused(&bomb), TOO_LONG);
    // And it is a picture: one that is smaller is made of the same.
    assert_eq!(prepared(&png::black(600, 500)).width, 600);
}

#[test]
fn the_largest_webp_that_fits_in_its_header_is_too_long() {
    let lossy = webp::riff(&[webp::chunk(b"VP8 ", &webp::pixels(16_383, 16_383, 0))]);
    assert_eq!(refused(&lossy), Refused::TooLong { side: 16_383, limit: 12_000 });
    let lossless = webp::riff(&[webp::chunk(b"VP8L", &[0x2F, 0xFF, 0xFF, 0xFF, 0x0F])]);
    assert_eq!(refused(&lossless), Refused::TooLong { side: 16_384, limit: 12_000 });
}

#[test]
fn a_gif_with_a_frame_beyond_its_screen_is_broken() {
    assert_eq!(prepared(&gif::framed([9, 9], [1, 1])).width, 9);
    assert!(is_broken(&unread(&gif::framed([1, 1], [65_535, 65_535]))));
}

#[test]
fn a_webp_whose_pixels_are_larger_than_its_canvas_is_broken() {
    let small = webp::content_of(&webp::lossy(), b"VP8 ");
    let large = webp::pixels(16_383, 16_383, 2_000);
    let plain = |pixels: &[u8]| webp::riff(&[webp::canvas(0, 24, 16), webp::chunk(b"VP8 ", pixels)]);
    assert_eq!(prepared(&plain(&small)).width, 24);
    assert!(is_broken(&unread(&plain(&large))));

    let moving = |pixels: &[u8]| {
        let frame = webp::frame(24, 16, &[webp::chunk(b"VP8 ", pixels)]);
        webp::riff(&[webp::canvas(2, 24, 16), webp::motion(), frame])
    };
    assert_eq!(prepared(&moving(&small)).width, 24);
    assert!(is_broken(&unread(&moving(&large))));
}

#[test]
fn what_follows_transparency_in_a_frame_has_to_be_its_colours() {
    let [alpha, colours] = [b"ALPH", b"VP8 "].map(|name| webp::content_of(&webp::transparent(), name));
    let moving = |name: &[u8; 4], colours: &[u8]| {
        let frame = webp::frame(24, 16, &[webp::chunk(b"ALPH", &alpha), webp::chunk(name, colours)]);
        webp::riff(&[webp::canvas(2 | 16, 24, 16), webp::motion(), frame])
    };
    assert_eq!(prepared(&moving(b"VP8 ", &colours)).width, 24);
    assert!(is_broken(&unread(&moving(b"VP8 ", &webp::pixels(8, 8, 200)))));
    assert!(is_broken(&unread(&moving(b"cols", &webp::pixels(16_383, 16_383, 2_000)))));
}

#[test]
fn a_webp_frame_beyond_its_canvas_is_broken() {
    let pixels = webp::chunk(b"VP8 ", &webp::content_of(&webp::lossy(), b"VP8 "));
    let file = webp::riff(&[webp::canvas(2, 10, 10), webp::motion(), webp::frame(24, 16, &[pixels])]);
    assert!(is_broken(&unread(&file)));
}

#[test]
fn what_is_behind_a_file_is_not_read_as_part_of_it() {
    // Its decoder looks for chunks a little beyond the end that the file gives itself.
    let pixels = webp::chunk(b"VP8 ", &webp::content_of(&webp::lossy(), b"VP8 "));
    let empty = webp::riff(&[webp::canvas(0, 24, 16)]);
    assert!(is_broken(&refused(&[empty, pixels].concat())));
}

#[test]
fn a_jpeg_with_hundreds_of_scans_is_broken() {
    let scans = |detail| Jpeg { progressive: true, detail, ..Jpeg::grey(64, 64) }.file();
    assert_eq!(prepared(&scans(10)).width, 64);
    assert!(is_broken(&unread(&scans(11))), "33 scans and one before them");
    assert!(is_broken(&unread(&scans(400))));
}

#[test]
fn a_jpeg_with_a_second_size_is_broken() {
    let file = Jpeg::grey(64, 64).file();
    let second = jpeg::with_segments(&file, &Jpeg::grey(32, 32).frame());
    assert!(is_broken(&unread(&second)));
}

#[test]
fn a_colour_profile_that_unpacks_to_much_is_no_harm() {
    let packed = png::zeros(400 << 20);
    let profile = png::chunk(b"iCCP", &[&b"profile\0\0"[..], &packed].concat());
    let file = png::with_chunks(&png::black(60, 40), &profile);
    assert!(file.len() < 10 << 20);
    // Whether the decoder leaves it off or gives up: it has to end.
    match picture::prepare(&file, &Limits::default()) {
        Ok(picture) => assert_eq!(picture.width, 60),
        Err(refused) => assert!(is_broken(&refused), "{refused}"),
    }
}
