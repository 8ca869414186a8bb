//! What was not as it should have been.

use std::{fmt, ops::AddAssign};

/// What was repaired in one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Rows that were not there.
    pub missing: u64,
    /// Rows that should not have been there.
    pub extra: u64,
    /// Rows that said something else.
    pub different: u64,
}

impl AddAssign for Found {
    fn add_assign(&mut self, other: Self) {
        self.missing += other.missing;
        self.extra += other.extra;
        self.different += other.different;
    }
}

/// What was repaired. What follows from a row is repaired with it and not counted again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Accounts.
    pub authors: Found,
    /// Who follows whom.
    pub follows: Found,
    /// Who has blocked whom.
    pub blocks: Found,
    /// Posts, their counts too.
    pub posts: Found,
    /// Authors whose posts are looked for when a timeline is read.
    pub read_authors: Found,
    /// Rows of timelines.
    pub timeline: Found,
    /// Which posts have which tags, and as `different` how many a tag has.
    pub tags: Found,
    /// Entries in the index of words.
    pub words: Found,
}

impl Report {
    /// Whether nothing was wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Report {
    /// A line for each table in which something was wrong.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clean() {
            return out.write_str("feed is what users and posts have");
        }
        out.write_str("repaired:")?;
        let tables = [
            ("accounts", self.authors),
            ("follows", self.follows),
            ("blocks", self.blocks),
            ("posts", self.posts),
            ("widely followed", self.read_authors),
            ("timelines", self.timeline),
            ("tags", self.tags),
            ("words", self.words),
        ];
        for (name, found) in tables.into_iter().filter(|(_, found)| *found != Found::default()) {
            let Found { missing, extra, different } = found;
            write!(out, "\n  {name:<15}  {missing} missing, {extra} too many, {different} different")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_in_which_table_what_was_wrong() {
        let mut report = Report::default();
        assert_eq!(report.to_string(), "feed is what users and posts have");
        report.posts = Found { missing: 1, extra: 2, different: 3 };
        assert_eq!(report.to_string(), "repaired:\n  posts            1 missing, 2 too many, 3 different");
    }
}
