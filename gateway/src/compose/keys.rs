//! The calls that look up the keys of a join.

use std::borrow::Cow;

use super::Outcome;
use super::batch::distinct;
use super::run::{Run, Work};
use super::scan::Key;
use super::values::{self, Given, Unbound};
use crate::plan::{Join, Part};

/// How long the keys of one call may be, as they are sent: servers take heads of 8 KiB and more.
const LONGEST: usize = 6 * 1024;

impl Run<'_> {
    /// The calls that look up every key of a join, each with as many as the operation takes.
    pub(super) fn chunks(
        &self,
        part: &Part,
        join: &Join,
        index: usize,
        given: &Given<'_>,
        outcomes: &[Outcome],
    ) -> Result<Work, Unbound> {
        let keys = match &outcomes[join.host] {
            Outcome::Document(_, sites) => distinct(sites.iter(), index),
            Outcome::Batch(batch) => distinct(batch.chunks.iter().flat_map(|(_, sites)| sites), index),
            Outcome::Open | Outcome::Unasked | Outcome::Absent | Outcome::Failed(_) => Vec::new(),
        };
        if keys.len() > join.most_keys(self.plane.settings().limits.join_keys as usize) {
            return Ok(Work::Chunks(Vec::new()));
        }
        let texts = keys.iter().map(Key::text).filter(|key| can_be_sent(key, join));
        let mut questions = Vec::new();
        for chunk in cut(texts, join.max_batch) {
            let aim = values::aim(part, given, &values::listed(&join.parameter, &chunk, join.repeated))?;
            questions.push(self.question(part, aim));
        }
        match questions.pop() {
            None => Err(Unbound::Nothing),
            Some(only) if questions.is_empty() => Ok(Work::Chunk(only)),
            Some(last) => {
                questions.push(last);
                Ok(Work::Chunks(questions))
            }
        }
    }
}

/// A comma would make two keys of one where a list has commas, and no server takes a key without end: such a key has no item.
fn can_be_sent(key: &str, join: &Join) -> bool {
    (join.repeated || !key.contains(',')) && values::encoded_length(key) <= LONGEST
}

/// Pieces of at most `most` keys that are not too long together.
fn cut<'k>(keys: impl Iterator<Item = Cow<'k, str>>, most: usize) -> Vec<Vec<Cow<'k, str>>> {
    let mut chunks: Vec<Vec<Cow<'_, str>>> = Vec::new();
    let mut length = 0;
    for key in keys {
        let more = values::encoded_length(&key) + 1;
        match chunks.last_mut().filter(|chunk| chunk.len() < most && length + more <= LONGEST) {
            Some(chunk) => chunk.push(key),
            None => {
                chunks.push(vec![key]);
                length = 0;
            }
        }
        length += more;
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_cut_by_number_and_by_length() {
        let short = || (0..250).map(|number| Cow::Owned(number.to_string()));
        assert_eq!(cut(short(), 100).iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 50]);
        let long = (0..5).map(|_| Cow::Owned("k".repeat(LONGEST / 2 - 1)));
        assert_eq!(cut(long, 100).iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(cut(std::iter::empty(), 100).len(), 0);
    }
}
