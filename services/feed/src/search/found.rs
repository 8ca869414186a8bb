//! How much of what was found is shown: by number, since what is found is seldom read to its end.

use problem::{Code, Problem};

/// The items unless the caller says otherwise, and the most.
const USUAL: u64 = 20;
const MOST: u64 = 100;
/// Everything up to there is found anew for each part, so there is an end.
const FURTHEST: u64 = 10_000;

/// Which part of what was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) limit: u64,
    pub(super) offset: u64,
}

impl Part {
    pub(super) fn new(limit: Option<u64>, offset: Option<u64>) -> Result<Self, Problem> {
        let part = Self { limit: limit.unwrap_or(USUAL), offset: offset.unwrap_or(0) };
        let wrong = |name, message| Problem::new(Code::InvalidParameter).with_error(name, "out_of_range", message);
        if !(1..=MOST).contains(&part.limit) {
            return Err(wrong("limit", format!("A number from 1 to {MOST}.")));
        }
        if part.offset > FURTHEST {
            return Err(wrong("offset", format!("A number from 0 to {FURTHEST}.")));
        }
        Ok(part)
    }

    /// Whether there is more than what is shown: `items` was asked for one too many.
    pub(super) fn cut<T>(self, items: &mut Vec<T>) -> bool {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        has_more
    }
}
