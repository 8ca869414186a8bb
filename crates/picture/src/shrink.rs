//! Makes pictures smaller, never larger.

use fast_image_resize::{FilterType, MulDiv, ResizeAlg, ResizeOptions, Resizer};
use image::DynamicImage;

use crate::Refused;

/// The most that a picture may be wide and high.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Bounds {
    pub(crate) const fn square(side: u32) -> Self {
        Self { width: side, height: side }
    }

    pub(crate) const fn height(height: u32) -> Self {
        Self { width: u32::MAX, height }
    }

    /// The largest size of these proportions within the bounds, at least 1 × 1 and at most what it was.
    fn fit(self, width: u32, height: u32) -> (u32, u32) {
        let [wide, high] = [width, height].map(u64::from);
        let (widest, highest) = (u64::from(self.width.min(width)), u64::from(self.height.min(height)));
        // The side that has to give way more decides: widest / wide against highest / high.
        let (to, from) = if widest * high <= highest * wide { (widest, wide) } else { (highest, high) };
        let scaled = |side: u64| u32::try_from(((side * to + from / 2) / from).max(1)).unwrap_or(u32::MAX);
        (scaled(wide), scaled(high))
    }
}

/// The picture within the bounds. Lanczos of three lobes, as pixels are.
///
/// # Errors
/// [`Refused::Failed`], which cannot happen with sizes above zero.
pub(crate) fn shrink(mut large: DynamicImage, bounds: Bounds) -> Result<DynamicImage, Refused> {
    let (width, height) = bounds.fit(large.width(), large.height());
    if (width, height) == (large.width(), large.height()) {
        return Ok(large);
    }
    // Otherwise the colour of what cannot be seen bleeds into its surroundings. In place: the library would copy it all.
    let alpha = large.color().has_alpha();
    if alpha {
        MulDiv::new().multiply_alpha_inplace(&mut large).map_err(Refused::failed)?;
    }
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).use_alpha(false);
    let mut small = DynamicImage::new(width, height, large.color());
    Resizer::new().resize(&large, &mut small, &options).map_err(Refused::failed)?;
    drop(large);
    if alpha {
        MulDiv::new().divide_alpha_inplace(&mut small).map_err(Refused::failed)?;
    }
    Ok(small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_keep_their_proportions_and_never_grow() {
        assert_eq!(Bounds::height(144).fit(1_000, 500), (288, 144));
        assert_eq!(Bounds::height(144).fit(500, 1_000), (72, 144));
        assert_eq!(Bounds::height(144).fit(500, 100), (500, 100));
        assert_eq!(Bounds::square(2_048).fit(4_096, 1_024), (2_048, 512));
        assert_eq!(Bounds::square(2_048).fit(1_024, 4_096), (512, 2_048));
        assert_eq!(Bounds::square(2_048).fit(2_049, 2_049), (2_048, 2_048));
    }

    #[test]
    fn no_side_is_ever_zero() {
        assert_eq!(Bounds::square(2_048).fit(10_000, 1), (2_048, 1));
        assert_eq!(Bounds::height(144).fit(1, 10_000), (1, 144));
        assert_eq!(Bounds::square(2_048).fit(1, 1), (1, 1));
    }
}
