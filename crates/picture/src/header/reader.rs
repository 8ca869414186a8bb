//! Reads forward through bytes, and never beyond them.

/// The file ended before what it announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended;

/// What is left of a file.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Ended> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Ended)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Ended> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Ended)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Ended> {
        self.array().map(|[byte]| byte)
    }

    /// Everything before the next byte of this value, which is taken too.
    pub(super) fn beyond(&mut self, value: u8) -> Result<(), Ended> {
        let found = self.0.iter().position(|byte| *byte == value).ok_or(Ended)?;
        self.take(found + 1).map(|_| ())
    }
}
