//! A small generator (splitmix64), so that demo data is the same on every machine and with every version.

/// Numbers that look random and are the same every time.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Numbers from this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let index = self.bits() % u64::try_from(end).unwrap_or(1).max(1);
        usize::try_from(index).unwrap_or_default()
    }

    /// One of these; the type's default if there are none.
    pub fn pick<T: Copy + Default>(&mut self, among: &[T]) -> T {
        let index = self.below(among.len());
        among.get(index).copied().unwrap_or_default()
    }
}
