//! How large an upload may be.

use crate::Refused;

/// What is refused unread, because it would take too much of time and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Pixels of its longer side.
    pub side: u32,
    /// Pixels in all. Memory grows with them, as the documentation of the crate says.
    pub pixels: u64,
}

impl Default for Limits {
    /// 10 MiB, 12,000 a side, as many pixels as 4,096 × 4,096.
    fn default() -> Self {
        Self { bytes: 10 << 20, side: 12_000, pixels: 4_096 * 4_096 }
    }
}

impl Limits {
    pub(crate) fn admit_bytes(&self, bytes: usize) -> Result<(), Refused> {
        if bytes > self.bytes {
            return Err(Refused::TooManyBytes { bytes, limit: self.bytes });
        }
        Ok(())
    }

    pub(crate) fn admit_size(&self, width: u32, height: u32) -> Result<(), Refused> {
        if width == 0 || height == 0 {
            return Err(Refused::broken("it has no pixels"));
        }
        let side = width.max(height);
        if side > self.side {
            return Err(Refused::TooLong { side, limit: self.side });
        }
        let pixels = u64::from(width) * u64::from(height);
        if pixels > self.pixels {
            return Err(Refused::TooManyPixels { pixels, limit: self.pixels });
        }
        Ok(())
    }
}
