//! Where discs are drawn.

use image::{DynamicImage, Rgb, RgbImage};

/// A disc whose measures are thousandths of the canvas: of its width, its height and its shorter side.
pub(super) struct Disc {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) radius: u32,
    pub(super) colour: [u8; 3],
    /// In percent.
    pub(super) opacity: u32,
}

pub(super) struct Canvas(RgbImage);

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self(RgbImage::new(width, height))
    }

    /// From one colour in the upper left corner to another in the lower right: the same along each rising diagonal.
    pub(super) fn sky(&mut self, from: [u8; 3], to: [u8; 3]) {
        let diagonals = self.0.width() + self.0.height() - 1;
        let last = (diagonals - 1).max(1);
        let colours: Vec<_> = (0..diagonals).map(|diagonal| Rgb(mixed(from, to, diagonal * FULL / last))).collect();
        let width = self.0.width() as usize;
        for (row, colours) in self.0.rows_mut().zip(colours.windows(width)) {
            row.zip(colours).for_each(|(pixel, colour)| *pixel = *colour);
        }
    }

    pub(super) fn disc(&mut self, disc: &Disc) {
        let (width, height) = self.0.dimensions();
        let middle = (width * disc.left / 1_000, height * disc.top / 1_000);
        let radius = (width.min(height) * disc.radius / 1_000).max(1);
        let columns = around(middle.0, radius, width);
        for (y, row) in self.0.rows_mut().enumerate().skip(middle.1.saturating_sub(radius) as usize) {
            let down = apart(y, middle.1);
            if down > radius {
                break;
            }
            for (x, pixel) in row.enumerate().take(columns.end).skip(columns.start) {
                let across = apart(x, middle.0);
                let share = covered((radius * radius).saturating_sub(across * across + down * down), radius);
                pixel.0 = mixed(pixel.0, disc.colour, share * disc.opacity / 100);
            }
        }
    }

    pub(super) fn into_image(self) -> DynamicImage {
        self.0.into()
    }
}

/// All of something, as a share.
const FULL: u32 = 256;

/// How much of a pixel is in a disc: its edge is two pixels wide, so that it is smooth. The square of the radius without that of
/// the distance is about the distance from the edge times twice the radius.
fn covered(inside: u32, radius: u32) -> u32 {
    let edge = 4 * radius;
    inside.min(edge) * FULL / edge
}

/// The places within a distance of one that are below the end.
fn around(middle: u32, distance: u32, end: u32) -> std::ops::Range<usize> {
    middle.saturating_sub(distance) as usize..(middle + distance + 1).min(end) as usize
}

fn apart(place: usize, middle: u32) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX).abs_diff(middle)
}

fn mixed(below: [u8; 3], above: [u8; 3], share: u32) -> [u8; 3] {
    let mut result = below;
    for (result, above) in result.iter_mut().zip(above) {
        let sum = u32::from(*result) * (FULL - share) + u32::from(above) * share;
        *result = u8::try_from(sum / FULL).unwrap_or(u8::MAX);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disc_beyond_the_canvas_is_cut_off() {
        let mut canvas = Canvas::new(100, 40);
        canvas.disc(&Disc { left: 999, top: 0, radius: 900, colour: [255; 3], opacity: 100 });
        let image = canvas.into_image().into_rgb8();
        assert_eq!(image.get_pixel(99, 0).0, [255; 3]);
        assert_eq!(image.get_pixel(0, 39).0, [0; 3]);
    }
}
