//! Pictures for demonstrations, so that none has to be shipped.

mod canvas;
mod chance;

use bytes::Bytes;

use crate::Refused;
use crate::write::jpeg;
use canvas::{Canvas, Disc};
use chance::Chance;

/// The longest side that is drawn, in pixels.
const LONGEST: u32 = 2_048;

/// A JPEG of discs in front of a coloured sky: always the same one for a seed and a size, and another for another seed.
///
/// Sides are in pixels; those outside 1 to 2,048 are drawn as the nearest within.
///
/// # Errors
/// [`Refused::Failed`] if it cannot be written, which no test has seen.
pub fn draw(seed: u64, width: u32, height: u32) -> Result<Bytes, Refused> {
    let mut chance = Chance::new(seed);
    let hue = chance.below(360);
    let near = 20 + chance.below(60);
    let mut canvas = Canvas::new(width.clamp(1, LONGEST), height.clamp(1, LONGEST));
    canvas.sky(colour(hue, 70, 35), colour(hue + near, 75, 85));
    for number in 0..6 + chance.below(5) {
        let disc = Disc {
            // In thousandths, so that the same seed is the same picture in every size.
            left: chance.below(1_000),
            top: chance.below(1_000),
            radius: 40 + chance.below(260),
            // Neighbours of the sky's two colours; opposites would mix to mud.
            colour: colour(hue + near * (number % 4), 60, 70 + chance.below(30)),
            opacity: 25 + chance.below(55),
        };
        canvas.disc(&disc);
    }
    jpeg(&canvas.into_image())
}

/// Hue in degrees, saturation and value in percent; whole numbers only, so that no machine rounds in its own way.
fn colour(hue: u32, saturation: u32, value: u32) -> [u8; 3] {
    let top = value * 255 / 100;
    let floor = top - top * saturation / 100;
    let (sixth, within) = (hue % 360 / 60, hue % 60);
    let rising = floor + (top - floor) * within / 60;
    let falling = floor + (top - floor) * (60 - within) / 60;
    let channels = match sixth {
        0 => [top, rising, floor],
        1 => [falling, top, floor],
        2 => [floor, top, rising],
        3 => [floor, falling, top],
        4 => [rising, floor, top],
        _ => [top, floor, falling],
    };
    channels.map(|channel| u8::try_from(channel).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hues_go_round_from_red_by_green_and_blue() {
        assert_eq!(colour(0, 100, 100), [255, 0, 0]);
        assert_eq!(colour(120, 100, 100), [0, 255, 0]);
        assert_eq!(colour(240, 100, 100), [0, 0, 255]);
        assert_eq!(colour(360, 100, 100), colour(0, 100, 100));
        assert_eq!(colour(77, 0, 50), [127, 127, 127]);
    }
}
